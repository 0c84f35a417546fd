// A station written with ocpp-rpc: boots, sends meter values, answers Reset, reports what it saw, and closes.
const { RPCClient } = require('ocpp-rpc');

const [endpoint, protocol, password] = process.argv.slice(2);
const seen = {};

const client = new RPCClient({
    endpoint, protocols: [protocol], identity: 'CP|1', password, strictMode: true, reconnect: false,
});

client.handle('Reset', ({ params }) => {
    seen.reset = params.type;
    setTimeout(finish, 10);
    return { status: 'Accepted' };
});

async function finish() {
    await client.close();
    console.log(JSON.stringify(seen));
}

async function main() {
    await client.connect();
    const boot = protocol === 'ocpp1.6'
        ? { chargePointVendor: 'V', chargePointModel: 'M' }
        : { reason: 'PowerUp', chargingStation: { model: 'M', vendorName: 'V' } };
    seen.boot = await client.call('BootNotification', boot);
    seen.heartbeat = await client.call('Heartbeat', {});
    try {
        await client.call('DataTransfer', { vendorId: 'nobody' });
    } catch (error) {
        seen.error = error.rpcErrorCode;
    }
    await client.call('StatusNotification', protocol === 'ocpp1.6'
        ? { connectorId: 1, errorCode: 'NoError', status: 'Available' }
        : { timestamp: '2026-01-31T12:00:00Z', connectorStatus: 'Available', evseId: 1, connectorId: 1 });
}

main().catch((error) => { console.error(error); process.exit(1); });
