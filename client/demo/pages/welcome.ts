import { watchConnection } from './dom.ts';

watchConnection();
