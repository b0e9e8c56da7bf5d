"""The report's style sheet, inline, for screen and print."""

CSS = """
:root{--ink:#14212b;--soft:#47545f;--line:#c9d2da;--pale:#f3f6f8;--blue:#123a5c;color-scheme:light}
*{box-sizing:border-box}
html{font:16px/1.5 "Atkinson Hyperlegible","Segoe UI","Helvetica Neue",Arial,sans-serif;color:var(--ink);
  background:#fff}
body{margin:0}
.skip{position:absolute;left:-999px}
.skip:focus{left:1rem;top:1rem;background:#fff;padding:.5rem;outline:3px solid var(--blue)}
header,main,footer{max-width:62rem;margin:0 auto;padding:0 1.5rem}
header{padding-top:2.2rem}
header .publisher{margin:0;font-weight:700;color:var(--blue);letter-spacing:.02em}
h1{font-size:2.1rem;line-height:1.2;margin:.2rem 0 .3rem;color:var(--blue)}
header .date{margin:0 0 1.2rem;color:var(--soft)}
h2{font-size:1.45rem;line-height:1.25;margin:3rem 0 .5rem;padding-top:.7rem;border-top:3px solid var(--blue);
  color:var(--blue)}
h3{font-size:1.15rem;margin:2.2rem 0 .3rem;padding-bottom:.25rem;border-bottom:1px solid var(--line)}
h4{font-size:1rem;line-height:1.35;margin:0 0 .1rem}
p{margin:.4rem 0 .8rem;max-width:46rem}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(10rem,1fr));gap:0;
  margin:1.2rem 0 1.6rem;padding:0;border:1px solid var(--line);background:var(--pale)}
.tiles div{display:flex;flex-direction:column-reverse;justify-content:flex-end;padding:.8rem 1rem;
  border-left:1px solid var(--line)}
.tiles div:first-child{border-left:0}
.tiles dt{color:var(--soft);font-size:.88rem;line-height:1.3}
.tiles dd{margin:0;font-size:1.9rem;line-height:1.2;font-weight:700;color:var(--blue);font-variant-numeric:tabular-nums}
nav h2{border:0;margin:1.2rem 0 0;padding:0;font-size:1.05rem}
nav ol{columns:2;column-gap:3rem;padding-left:1.3rem;margin:.3rem 0 0;max-width:46rem}
nav li{padding:.1rem 0;break-inside:avoid}
a{color:#0b5394}
a:focus-visible{outline:3px solid #0b5394;outline-offset:2px}
.notice{max-width:none;border-left:4px solid #9a7b1c;background:#fbf7e9;padding:.5rem .9rem;font-size:.93rem}
.alarm{border-left:4px solid #9c2b1d;background:#fdf0ee;padding:.5rem .9rem}
.scroll{overflow-x:auto}
table.plain{max-width:46rem}
table.bars{table-layout:fixed}
table.bars td.n,table.bars th.n{width:6.2rem}
table{border-collapse:collapse;width:100%;margin:.5rem 0 .6rem;font-size:.93rem}
caption{text-align:left;font-weight:700;padding-bottom:.3rem}
th,td{padding:.28rem .5rem;text-align:left;vertical-align:middle;border-bottom:1px solid #e3e8ec}
thead th{border-bottom:2px solid var(--soft);font-size:.85rem;color:var(--soft);vertical-align:bottom}
tbody th{font-weight:400}
tfoot th,tfoot td{font-weight:700;border-top:2px solid var(--soft);border-bottom:0}
.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
td.draw,th.draw{width:38%;min-width:9rem}
svg{display:block;max-width:100%}
svg text{font-family:inherit}
.bar{width:100%;height:.95rem}
.stack{width:100%;height:auto;margin:.8rem 0 .3rem}
.histogram{width:100%;max-width:30rem;height:auto}
.legend{list-style:none;display:flex;flex-wrap:wrap;gap:.2rem 1.2rem;padding:0;margin:.2rem 0 .8rem;font-size:.88rem}
.key{display:inline-block;width:.85rem;height:.85rem;margin-right:.4rem;vertical-align:-.08rem}
.figure{margin:1.3rem 0 1.9rem;break-inside:avoid}
.figure .base{margin:0 0 .3rem;color:var(--soft);font-size:.88rem}
.figure .base.after{margin-top:-.2rem}
.heat td.n{background:var(--shade,#fff)}
.figure .pair+.base{margin-top:.6rem}
details{font-size:.93rem}
summary{cursor:pointer;color:#0b5394}
.pair{display:grid;grid-template-columns:minmax(0,3fr) minmax(0,2fr);gap:1.5rem;align-items:center}
footer{margin-top:3rem;padding-top:1rem;padding-bottom:2rem;border-top:1px solid var(--line);color:var(--soft);
  font-size:.9rem}
@media(max-width:44rem){nav h2{border:0;margin:1.2rem 0 0;padding:0;font-size:1.05rem}
nav ol{columns:1}.pair{grid-template-columns:1fr}h1{font-size:1.7rem}td.draw,th.draw{min-width:6rem}}
@media print{html{font-size:10.5pt}header,main,footer{max-width:none;padding:0}nav,.skip{display:none}
  h2,h3,h4{break-after:avoid}*{print-color-adjust:exact;-webkit-print-color-adjust:exact}}
"""
