// One end of an ordinary day, played by a package of npm:
// `node day.js PACKAGE station PROTOCOL URL` or `node day.js PACKAGE csms PROTOCOL`.
// Reads a line, {"says": [[action, payload]], "answers": {action: payload}}. A CSMS prints its port. Both print which of
// what they say was answered, and end with their standard input.
const http = require('http');
const readline = require('readline');

// Its validator finds no schema of 2.1 by the names that it looks for.
const isStrict = (protocol) => protocol !== 'ocpp2.1';

const PACKAGES = {
    'ocpp-rpc': ({ RPCClient, RPCServer }) => ({
        async station(protocol, url, prepare) {
            const client = new RPCClient({
                endpoint: url, identity: 'CP-1', protocols: [protocol], reconnect: false,
                strictMode: isStrict(protocol),
            });
            prepare((action, answer) => client.handle(action, () => answer));
            await client.connect();
            return (action, payload) => client.call(action, payload);
        },
        async csms(protocol, prepare, greet) {
            const server = new RPCServer({ protocols: [protocol], strictMode: isStrict(protocol) });
            server.auth((accept) => accept());
            server.on('client', (client) => {
                prepare((action, answer) => client.handle(action, () => answer));
                greet((action, payload) => client.call(action, payload));
            });
            return (await server.listen(0, 'localhost')).address().port;
        },
    }),
    'ocpp-ws-io': ({ OCPPClient, OCPPServer }) => ({
        async station(protocol, url, prepare) {
            const client = new OCPPClient({
                endpoint: url, identity: 'CP-1', protocols: [protocol], strictMode: true, reconnect: false, logging: false,
            });
            prepare((action, answer) => client.handle(protocol, action, () => answer));
            await client.connect();
            return (action, payload) => client.call(protocol, action, payload);
        },
        async csms(protocol, prepare, greet) {
            const server = new OCPPServer({ protocols: [protocol], strictMode: true, logging: false });
            server.auth((context) => context.accept());
            server.on('client', (client) => {
                prepare((action, answer) => client.handle(protocol, action, () => answer));
                greet((action, payload) => client.call(protocol, action, payload));
            });
            return (await server.listen(0, 'localhost')).address().port;
        },
    }),
    'ocpp-ts': ({ OcppClient, OcppServer }) => ({
        async station(protocol, url, prepare) {
            const client = new OcppClient('CP-1');
            prepare((action, answer) => client.on(action, (_, reply) => reply(answer)));
            client.connect(`${url}/`);
            await new Promise((resolve, reject) => client.on('connect', resolve).on('error', reject));
            return (action, payload) => client.callRequest(action, payload);
        },
        async csms(protocol, prepare, greet) {
            // It keeps to itself where it listens.
            const create = http.createServer;
            const made = [];
            http.createServer = (...args) => {
                made.push(create(...args));
                return made[0];
            };
            const server = new OcppServer();
            server.on('connection', (client) => {
                prepare((action, answer) => client.on(action, (_, reply) => reply(answer)));
                greet((action, payload) => client.callRequest(action, payload));
            });
            server.listen(0);
            await new Promise((resolve) => made[0].on('listening', resolve));
            return made[0].address().port;
        },
    }),
};

const [name, side, protocol, url] = process.argv.slice(2);
const print = (value) => console.log(JSON.stringify(value));

async function main({ says, answers }) {
    const peer = PACKAGES[name](require(name));
    const prepare = (handle) => Object.entries(answers).forEach(([action, answer]) => handle(action, answer));
    const say = async (call) => {
        const answered = [];
        for (const [action, payload] of says) {
            await call(action, payload);
            answered.push(action);
        }
        print(answered);
    };
    if (side === 'station') {
        await say(await peer.station(protocol, url, prepare));
    } else {
        print(await peer.csms(protocol, prepare, (call) => say(call).catch(fail)));
    }
}

function fail(error) {
    console.error(error);
    process.exit(1);
}

const input = readline.createInterface({ input: process.stdin });
input.once('line', (line) => main(JSON.parse(line)).catch(fail));
input.on('close', () => process.exit(0));
