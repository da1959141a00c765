// The development server would bundle the package anew, away from its workers and wasm.
export default { base: "./", optimizeDeps: { exclude: ["auroralong-web"] } };
