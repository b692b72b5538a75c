import { writeSync } from 'node:fs';
import { openSqliteStore } from '../../server/store/sqlite/store.ts';
import { testMasterKey } from './sqlite-backend.ts';
import { newReference, randomEmbeddings } from './support.ts';

/** Adds references one after another and prints each id once it is acknowledged. Arguments: `path subject count`. */
const [path, subject, count] = process.argv.slice(2);
const store = await openSqliteStore({ path, masterKey: testMasterKey() });
const embeddings = randomEmbeddings(1);
for (let number = 0; number < Number(count); number++) {
  const referenceId = await store.references.add(newReference({ subject, embeddings }));
  writeSync(1, `${referenceId}\n`);
}
await store.close();
