// What npm `ocpp-rpc` does with a frame in its strict mode: JSON.parse and the compiled validator of the message; the
// other way round the validator and JSON.stringify. Reads subjects from standard input, each a list of frames with how
// often they come, and prints the best time per frame in seconds: [{decode, encode}].
const validators = require('ocpp-rpc/lib/standard-validators');

const ROUNDS = 60;
const LEAST = 2e6; // ns that a round takes

function decoding(version, text) {
    const validator = validators.find((one) => one.subprotocol === `ocpp${version}`);
    return () => {
        const [, , action, payload] = JSON.parse(text);
        validator.validate(`urn:${action}.req`, payload);
        return payload;
    };
}

function encoding(version, text) {
    const validator = validators.find((one) => one.subprotocol === `ocpp${version}`);
    const frame = JSON.parse(text);
    return () => {
        validator.validate(`urn:${frame[2]}.req`, frame[3]);
        return JSON.stringify(frame);
    };
}

let seen; // so that nothing is optimised away

function best(pieces) {
    let times = 1;
    let found = Infinity;
    for (let round = 0; round < ROUNDS;) {
        const since = process.hrtime.bigint();
        for (let time = 0; time < times; time++) {
            for (const piece of pieces) seen = piece();
        }
        const took = Number(process.hrtime.bigint() - since);
        if (took < LEAST) {
            times *= 2;
            continue;
        }
        round++;
        found = Math.min(found, took / times / pieces.length);
    }
    return found / 1e9;
}

const subjects = JSON.parse(require('fs').readFileSync(0, 'utf8'));
const results = subjects.map((frames) => {
    const all = (prepare) =>
        frames.flatMap(({ version, text, times }) => Array(times).fill(prepare(version, text)));
    return { decode: best(all(decoding)), encode: best(all(encoding)) };
});
console.log(JSON.stringify(results));
