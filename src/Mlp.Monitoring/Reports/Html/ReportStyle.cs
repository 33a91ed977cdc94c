namespace Mlp.Monitoring.Reports.Html;

/// <summary>The style sheet of reports: two schemes of colour, one column on a telephone.</summary>
internal static class ReportStyle
{
    public const string Sheet = """
        :root{color-scheme:light dark;--mlp-reference:var(--ref);--mlp-current:var(--cur);--bg:#f5f6f8;--card:#fff;--text:#17202c;--muted:#566273;--line:#e1e5ea;--grid:#e9ecf0;--ref:#aab4c1;--cur:#2459d3;--band:#2459d326;--est:#a4560c;
        --ok:#15743a;--okbg:#e3f4e9;--warn:#8f4a04;--warnbg:#fdf0d9;--bad:#b3211b;--badbg:#fde7e5;--off:#566273;--offbg:#edf0f3}
        @media(prefers-color-scheme:dark){:root{--bg:#0f141a;--card:#171e26;--text:#e7ecf2;--muted:#9dabbb;--line:#2a343f;--grid:#242d37;--ref:#5d6b7c;--cur:#7fb0ff;--band:#7fb0ff33;--est:#f0b35e;
        --ok:#6fdb98;--okbg:#12301f;--warn:#f5c26b;--warnbg:#362810;--bad:#ff9d94;--badbg:#3d1917;--off:#9dabbb;--offbg:#232c36}}
        *{box-sizing:border-box}
        html{-webkit-text-size-adjust:100%;scroll-behavior:smooth}
        body{margin:0;background:var(--bg);color:var(--text);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,"DejaVu Sans",sans-serif;overflow-wrap:anywhere}
        .page{max-width:1200px;margin:0 auto;padding:28px 24px 56px}
        a{color:var(--cur)}
        a:focus-visible,summary:focus-visible,.scroll:focus-visible{outline:2px solid var(--cur);outline-offset:2px;border-radius:4px}
        h1{font-size:28px;line-height:1.2;margin:2px 0 6px;letter-spacing:-.01em}
        h2{font-size:20px;line-height:1.3;margin:44px 0 4px;letter-spacing:-.005em;scroll-margin-top:16px}
        h3{font-size:14px;line-height:1.35;margin:0;font-weight:600}
        p{margin:0 0 12px}
        .eyebrow,.sub,.note,.lead,figcaption,.meta{color:var(--muted)}
        .eyebrow{font-size:12px;font-weight:600;text-transform:uppercase;letter-spacing:.07em;margin:0}
        .lead{max-width:75ch;margin:0 0 14px}
        .head{display:flex;flex-wrap:wrap;gap:12px 24px;align-items:flex-start;justify-content:space-between}
        .verdict{font-size:15px;font-weight:600;padding:8px 14px;border-radius:999px;margin:6px 0 0}
        nav ul{display:flex;flex-wrap:wrap;gap:4px 18px;list-style:none;padding:0;margin:18px 0 0;font-size:14px}
        .tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(150px,1fr));gap:12px;margin:20px 0 0}
        .tile,.card{background:var(--card);border:1px solid var(--line);border-radius:10px}
        .tile{padding:12px 14px;margin:0}
        .tile dt{font-size:13px;color:var(--muted)}
        .tile dd{margin:2px 0 0;font-size:24px;line-height:1.25;font-weight:600;font-variant-numeric:tabular-nums;letter-spacing:-.01em}
        .tile .sub{display:block;font-size:12.5px;font-weight:400;letter-spacing:0}
        .card{padding:14px 16px;min-width:0}
        .grid{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(340px,100%),1fr));gap:14px;margin:0}
        .grid.two{grid-template-columns:repeat(auto-fit,minmax(min(420px,100%),1fr))}
        figure{margin:0}
        figcaption{font-size:12.5px;line-height:1.45;margin-top:6px}
        .cardhead{display:flex;gap:10px;align-items:baseline;justify-content:space-between;margin-bottom:2px}
        .meta{font-size:12.5px;margin:0 0 6px;font-variant-numeric:tabular-nums}
        .tag{display:inline-block;font-size:12px;font-weight:600;line-height:1.5;padding:1px 8px;border-radius:999px;white-space:nowrap}
        .ok{color:var(--ok);background:var(--okbg)}.warn{color:var(--warn);background:var(--warnbg)}.bad{color:var(--bad);background:var(--badbg)}.off{color:var(--off);background:var(--offbg)}
        .findings{list-style:none;padding:0;margin:0;display:grid;gap:8px}
        .findings li{background:var(--card);border:1px solid var(--line);border-left:4px solid var(--bad);border-radius:8px;padding:9px 14px;display:grid;grid-template-columns:200px 1fr;gap:2px 16px}
        .findings p{margin:0}.findings .tag{white-space:normal}
        .findings .numbers{margin-top:2px;color:var(--muted);font-size:12.5px;font-variant-numeric:tabular-nums}
        .scroll{overflow-x:auto;border:1px solid var(--line);border-radius:10px;background:var(--card)}
        table{border-collapse:collapse;width:100%;font-size:13.5px;font-variant-numeric:tabular-nums}
        caption{text-align:left;color:var(--muted);font-size:12.5px;padding:10px 14px 2px;caption-side:top}
        th,td{padding:7px 14px;text-align:right;border-top:1px solid var(--line);white-space:nowrap;overflow-wrap:normal}
        thead th{border-top:0;color:var(--muted);font-weight:600;font-size:12.5px;vertical-align:bottom}
        th:first-child,td.text,th.text{text-align:left}
        tbody th{font-weight:500;max-width:340px;white-space:normal;overflow-wrap:anywhere;min-width:130px}
        .confusion td{text-align:center;font-size:17px;font-weight:600}
        .confusion td span{display:block;font-size:12px;font-weight:400;color:var(--muted)}
        .confusion th{white-space:normal;min-width:0}.confusion .hit{background:var(--band)}
        .pairs{display:grid;grid-template-columns:repeat(auto-fill,minmax(190px,1fr));gap:10px 20px;margin:16px 0 6px}.pairs dt{font-size:12.5px;color:var(--muted)}.pairs dd{margin:0;font-variant-numeric:tabular-nums;font-weight:500}
        details{margin-top:14px}
        summary{cursor:pointer;font-weight:600;padding:6px 0}
        details>:not(summary){margin-top:8px}
        .legend{display:flex;flex-wrap:wrap;gap:4px 18px;font-size:13px;color:var(--muted);margin:0 0 12px;padding:0;list-style:none}
        .legend i{display:inline-block;width:12px;height:12px;border-radius:3px;margin-right:6px;vertical-align:-1px}
        .i-ref{background:var(--ref)}.i-cur{background:var(--cur)}.legend .i-est{height:0;border-top:2px dashed var(--est);border-radius:0;vertical-align:4px;width:20px}.i-band{background:var(--band)}
        svg{display:block;width:100%;height:auto;overflow:visible}
        svg text{font:11px system-ui,-apple-system,"Segoe UI",Roboto,Arial,"DejaVu Sans",sans-serif;fill:var(--muted);font-variant-numeric:tabular-nums}
        .r{fill:var(--ref)}.c{fill:var(--cur)}.g{stroke:var(--grid);fill:none}.a{stroke:var(--ref);fill:none}.l{stroke:var(--cur);stroke-width:2;fill:none;stroke-linejoin:round}.b{fill:var(--band)}
        .e{stroke:var(--est);stroke-width:1.5;stroke-dasharray:4 3;fill:none}.d{stroke:var(--ref);stroke-width:1.5;stroke-dasharray:4 4;fill:none}.w{stroke:var(--cur);stroke-width:2}
        .mark{width:150px;display:inline-block;vertical-align:middle}
        .note{font-size:13.5px}
        footer{margin-top:48px;padding-top:14px;border-top:1px solid var(--line);font-size:12.5px;color:var(--muted)}
        @media(max-width:800px){.findings li{grid-template-columns:1fr}}
        @media(max-width:600px){.page{padding:20px 16px 40px}h1{font-size:24px}h2{margin-top:36px}.tiles{grid-template-columns:1fr 1fr}.tile dd{font-size:20px}th,td{padding:7px 10px}.mark{width:96px}tbody th{min-width:104px}}
        @media print{body{background:#fff}.card,.tile,.findings li{break-inside:avoid}nav{display:none}}
        """;
}
