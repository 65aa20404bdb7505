extension HTMLPage {
    /// The style of every page. All text has a contrast of at least 4.5 to its ground in both schemes, and bars, lines and
    /// boxes one of at least 3 (WCAG 2.2 AA), which `PageStyleTests` computes from these very colours.
    static let style = """
        :root{color-scheme:light dark;
        --ground:#ffffff;--raised:#f4f5f7;--text:#1c1f24;--muted:#555c66;--rule:#d3d7dd;--edge:#7d8590;--link:#0a56b8;
        --shade:rgb(110 118 130/.5);--good:#17692f;--bad:#b3161f;--warn:#7f5200;--idle:#59606b;
        --good-ground:#e4f4e8;--bad-ground:#fdeaea;--warn-ground:#fbf1dc;--idle-ground:#eceef1;
        --one:#0b62c4;--two:#b3480a;--three:#17753a;--four:#8a35b0;--five:#0c7285;--six:#a3245f}
        @media(prefers-color-scheme:dark){:root{
        --ground:#14171b;--raised:#1e2228;--text:#e7eaee;--muted:#a7afba;--rule:#363c45;--edge:#7b8491;--link:#7fb4ff;
        --good:#6fd08c;--bad:#ff8f8f;--warn:#e9b95a;--idle:#a9b1bc;
        --good-ground:#17301f;--bad-ground:#3a1c1e;--warn-ground:#33290f;--idle-ground:#262b32;
        --one:#6aa9ff;--two:#f2995c;--three:#62c984;--four:#cf92ee;--five:#55c3d6;--six:#f08db8}}
        *{box-sizing:border-box}
        html{-webkit-text-size-adjust:100%;scroll-padding-top:1rem}
        body{margin:0 auto;padding:1.5rem 1rem 3rem;max-width:76rem;background:var(--ground);color:var(--text);
        font:1rem/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif}
        h1{font-size:1.7rem;line-height:1.2;margin:0 0 .5rem;overflow-wrap:anywhere}
        h2{font-size:1.25rem;margin:2.5rem 0 .75rem;padding-bottom:.25rem;border-bottom:1px solid var(--rule)}
        h3{font-size:1.05rem;margin:1.5rem 0 .5rem;overflow-wrap:anywhere}
        h4{font-size:.95rem;margin:1rem 0 .25rem;overflow-wrap:anywhere}
        p{margin:.5rem 0;max-width:50rem;overflow-wrap:anywhere}
        a{color:var(--link)}
        a.number{color:inherit;text-decoration-color:var(--edge);text-decoration-style:dotted;text-underline-offset:.2em}
        a:focus-visible,summary:focus-visible,.wide:focus-visible{outline:2px solid var(--link);outline-offset:2px}
        code,pre,.code{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;font-size:.85em}
        code{overflow-wrap:anywhere}
        pre{margin:.5rem 0;padding:.75rem;background:var(--raised);border:1px solid var(--rule);border-radius:6px;
        white-space:pre-wrap;overflow-wrap:anywhere}
        nav ul{display:flex;flex-wrap:wrap;gap:.25rem 1rem;list-style:none;margin:1rem 0 0;padding:0}
        .muted{color:var(--muted)}.small{font-size:.85rem}
        .facts{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,10.5rem),1fr));gap:.5rem;margin:1rem 0;padding:0;
        list-style:none}
        .facts li{background:var(--raised);border:1px solid var(--rule);border-radius:6px;padding:.5rem .75rem}
        .facts .name{display:block;font-size:.85rem;color:var(--muted)}
        .facts .value{font-variant-numeric:tabular-nums;overflow-wrap:anywhere}
        .verdict{padding:.75rem 1rem;border-radius:6px;border-left:.4rem solid currentColor;font-size:1.1rem;
        font-weight:600;max-width:none}
        .good{color:var(--good)}.bad{color:var(--bad)}.warn{color:var(--warn)}.idle{color:var(--idle)}
        .verdict.good,.badge.good{background:var(--good-ground)}.verdict.bad,.badge.bad{background:var(--bad-ground)}
        .verdict.warn,.badge.warn{background:var(--warn-ground)}.verdict.idle,.badge.idle{background:var(--idle-ground)}
        .badge{display:inline-block;padding:0 .45rem;border-radius:4px;font-size:.85rem;font-weight:600;white-space:nowrap}
        .wide{overflow-x:auto;max-width:100%;margin:.75rem 0;
        background:linear-gradient(to right,var(--ground) 40%,transparent) 0 0/3rem 100% no-repeat local,
        linear-gradient(to left,var(--ground) 40%,transparent) 100% 0/3rem 100% no-repeat local,
        linear-gradient(to right,var(--shade),transparent) 0 0/1rem 100% no-repeat scroll,
        linear-gradient(to left,var(--shade),transparent) 100% 0/1rem 100% no-repeat scroll}
        table{border-collapse:separate;border-spacing:0;font-size:.9rem;font-variant-numeric:tabular-nums}
        caption{text-align:left;color:var(--muted);font-size:.85rem;padding:.25rem 0}
        caption>span{position:sticky;left:0;display:inline-block;max-width:calc(100vw - 2rem)}
        th,td{padding:.3rem .6rem;border-bottom:1px solid var(--rule);text-align:left;vertical-align:top}
        thead th{border-bottom:2px solid var(--edge);vertical-align:bottom}
        th[scope=row]{font-weight:600;min-width:12rem;overflow-wrap:break-word}
        tr>th:first-child{position:sticky;left:0;z-index:1;background:var(--ground)}
        td.n,th.n{text-align:right}td.n,td.when{white-space:nowrap}
        td.words{min-width:12rem;overflow-wrap:anywhere}td.code,th.code{min-width:8rem;overflow-wrap:anywhere}
        .cell{font-size:1.05rem}.beside{display:block;font-size:.8rem;font-weight:400;color:var(--muted)}
        details{margin:.5rem 0}summary{cursor:pointer;padding:.25rem 0}
        figure{margin:1rem 0}figcaption{font-size:.85rem;color:var(--muted);margin-top:.25rem;overflow-wrap:anywhere}
        svg.fixed{max-width:none}
        svg{display:block;max-width:100%;height:auto;font:12px system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
        svg text{fill:var(--text)}svg .faint{fill:var(--muted)}
        svg .grid{stroke:var(--rule);stroke-width:1;fill:none}svg .axis{stroke:var(--edge);stroke-width:1;fill:none}
        svg .line{fill:none;stroke-width:2;stroke-linejoin:round}svg .edge{fill:none;stroke:var(--edge);stroke-width:1.3}
        svg .tip{fill:var(--edge)}svg .mark{stroke:var(--text);stroke-width:2}
        svg .box{stroke-width:1.5;rx:5px}
        svg .box.good{fill:var(--good-ground);stroke:var(--good)}svg .box.bad{fill:var(--bad-ground);stroke:var(--bad)}
        svg .box.warn{fill:var(--warn-ground);stroke:var(--warn)}svg .box.idle{fill:var(--idle-ground);stroke:var(--idle)}
        svg .fill-good{fill:var(--good)}svg .fill-bad{fill:var(--bad)}svg .fill-warn{fill:var(--warn)}svg .fill-idle{fill:var(--idle)}
        svg .fill-1{fill:var(--one)}svg .fill-2{fill:var(--two)}svg .fill-3{fill:var(--three)}
        svg .fill-4{fill:var(--four)}svg .fill-5{fill:var(--five)}svg .fill-6{fill:var(--six)}
        svg .line-1{stroke:var(--one)}svg .line-2{stroke:var(--two)}svg .line-3{stroke:var(--three)}
        svg .line-4{stroke:var(--four)}svg .line-5{stroke:var(--five)}svg .line-6{stroke:var(--six)}
        svg .area{opacity:.25}
        .charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,21rem),1fr));gap:0 1.5rem}
        .charts.small{grid-template-columns:repeat(auto-fit,minmax(min(100%,16.5rem),1fr))}
        .charts svg{width:100%}.charts figure{max-width:30rem}.charts.small figure{max-width:26rem}svg.spark{display:inline-block;vertical-align:middle;max-width:none}
        footer{margin-top:3rem;border-top:1px solid var(--rule);color:var(--muted);font-size:.85rem}
        @media(max-width:40rem){body{padding:1rem .75rem 2rem}h1{font-size:1.4rem}th,td{padding:.3rem .4rem}
        th[scope=row]{min-width:7rem}
        .results,.results caption,.results tbody,.results tr,.results th[scope=row]{display:block}.results thead{display:none}
        tr>th:first-child{max-width:48vw}.results th[scope=row]{position:static;max-width:none;border-bottom:0;padding-top:.6rem}
        .results td{display:flex;flex-wrap:wrap;gap:0 .5rem;justify-content:flex-end}
        .results td::before{content:attr(data-column);color:var(--muted);margin-right:auto;overflow-wrap:anywhere}
        .facts{grid-template-columns:1fr 1fr}.facts li{padding:.35rem .5rem}}
        @media print{:root{color-scheme:light;
        --ground:#ffffff;--raised:#ffffff;--text:#000000;--muted:#444444;--rule:#bbbbbb;--edge:#666666;--link:#000000;
        --good:#17692f;--bad:#b3161f;--warn:#7f5200;--idle:#59606b;
        --good-ground:#ffffff;--bad-ground:#ffffff;--warn-ground:#ffffff;--idle-ground:#ffffff;
        --one:#0b62c4;--two:#b3480a;--three:#17753a;--four:#8a35b0;--five:#0c7285;--six:#a3245f}
        body{max-width:none;padding:0;font-size:10pt}nav{display:none}.wide{overflow:visible;background:none}tr>th:first-child{position:static}svg.fixed{max-width:100%}
        h2,h3,h4{break-after:avoid}figure,tr,.facts,pre{break-inside:avoid}thead{display:table-header-group}
        details::details-content{content-visibility:visible;display:block;height:auto}summary{list-style:none}}
        """
}
