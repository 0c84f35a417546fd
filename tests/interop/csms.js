// A CSMS written with ocpp-rpc: prints its port, answers BootNotification, calls Reset, prints the answer.
const { RPCServer } = require('ocpp-rpc');

const [protocol, password] = process.argv.slice(2);
const server = new RPCServer({ protocols: [protocol], strictMode: true });

server.auth((accept, reject, handshake) => {
    const given = handshake.password ? handshake.password.toString() : '';
    return given === password ? accept({ id: handshake.identity }) : reject(401);
});

server.on('client', async (client) => {
    client.handle('BootNotification', () => ({
        status: 'Accepted', interval: 60, currentTime: '2026-01-31T12:00:00.000Z',
    }));
    client.handle('Heartbeat', () => { throw new Error('a secret of the CSMS'); });
    const type = protocol === 'ocpp1.6' ? 'Soft' : 'OnIdle';
    const reset = await client.call('Reset', { type });
    console.log(JSON.stringify({ identity: client.identity, reset }));
});

server.listen(0, 'localhost').then((http) => console.log(http.address().port));
process.stdin.on('end', () => process.exit(0)).resume();
