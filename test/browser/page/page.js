import '/veriframe/element.js';
import * as sdk from '/veriframe/sdk.js';

const element = document.querySelector('face-auth');
const told = [];
const kinds = 'ready permission connecting streaming key status challenge passed failed error cancel';
for (const type of kinds.split(' '))
  element.addEventListener(type, ({ detail }) => told.push({ type, detail: structuredClone(detail) }));

const fetchTicket = async () => {
  const response = await fetch('/ticket', { method: 'POST' });
  if (!response.ok) throw new Error(`ticket: ${response.status}`);
  return (await response.json()).ticket;
};
element.ticket = fetchTicket;
for (const [name, value] of new URLSearchParams(location.search)) element.setAttribute(name, value);

const refused = [];
document.addEventListener('securitypolicyviolation', (event) => refused.push(event.violatedDirective));

Object.assign(globalThis, { told, refused, sdk, fetchTicket });
