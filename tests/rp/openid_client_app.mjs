// The example of docs/examples/openid-client, unchanged, on a leash: it ends when the test that started it does,
// because then its standard input closes.
process.stdin.resume().on('end', () => process.exit());
await import('../../docs/examples/openid-client/app.mjs');
