// Microsoft's own parser of Kusto: reads {tables, queries} on stdin, writes what it has to say of each query on stdout.
require("@kusto/language-service-next/bridge.js");
require("@kusto/language-service-next/Kusto.Language.Bridge.js");
const { GlobalState, KustoCode, Symbols } = Kusto.Language;

const { tables, queries } = JSON.parse(require("fs").readFileSync(0, "utf8"));
const members = Object.entries(tables).map(([name, columns]) => new Symbols.TableSymbol.$ctor7(name, columns, ""));
const globals = GlobalState.Default.WithDatabase(new Symbols.DatabaseSymbol.$ctor3("insights", "", members, false));

function said(query) {
  const diagnostics = KustoCode.ParseAndAnalyze(query, globals).GetDiagnostics();
  return Array.from({ length: diagnostics.Count }, (_, number) => diagnostics.getItem(number).Message);
}

console.log(JSON.stringify(Object.fromEntries(queries.map((query) => [query, said(query)]))));
