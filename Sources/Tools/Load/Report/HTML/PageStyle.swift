/// The look of a report's page, light or dark as the reader's system is.
enum PageStyle {
  static let text = """
    :root {
      color-scheme: light dark;
      --page: #f6f7f9; --card: #ffffff; --ink: #1b1f24; --soft: #5b6470; --rule: #dfe3e8; --warm: #eef0f3;
      --good: #1a7f4b; --bad: #c22f2f; --caution: #fff4d9; --caution-ink: #6b4e00;
      --c1: #2468c8; --c2: #d0720b; --c3: #c0304f; --c4: #16846b; --c5: #7a4fc4; --c6: #9a6a00;
      --c7: #0d86a8; --c8: #7d7f86;
    }
    @media (prefers-color-scheme: dark) {
      :root {
        --page: #14171b; --card: #1c2026; --ink: #e8eaed; --soft: #a0a8b3; --rule: #333941; --warm: #252a31;
        --good: #52c98a; --bad: #ff7b7b; --caution: #3a3013; --caution-ink: #f2d58a;
        --c1: #6aa5ff; --c2: #f2a24a; --c3: #ff7f96; --c4: #4fc7a8; --c5: #b493ff; --c6: #d9b24c;
        --c7: #58c4e4; --c8: #b0b3ba;
      }
    }
    * { box-sizing: border-box; }
    body { margin: 0; background: var(--page); color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }
    main { max-width: 1040px; margin: 0 auto; padding: 28px 20px 56px; }
    h1 { font-size: 26px; line-height: 1.2; margin: 0 0 12px; }
    h2 { font-size: 17px; margin: 0; }
    h3 { font-size: 14px; margin: 18px 0 4px; color: var(--soft); font-weight: 600; }
    p { margin: 4px 0; }
    .run, figcaption p { color: var(--soft); overflow-wrap: anywhere; }
    .loop { font-size: 16px; }
    .caution { background: var(--caution); color: var(--caution-ink); border-radius: 6px; padding: 8px 12px; }
    section, figure { background: var(--card); border: 1px solid var(--rule); border-radius: 8px; margin: 16px 0 0;
      padding: 16px 18px; }
    .tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(130px, 1fr)); gap: 12px; }
    .tiles b { display: block; font-size: 22px; line-height: 1.2; font-variant-numeric: tabular-nums; }
    .tiles span { color: var(--soft); font-size: 13px; }
    .none { color: var(--soft); margin: 14px 2px 0; }
    .wide { overflow-x: auto; }
    table { border-collapse: collapse; margin-top: 8px; font-variant-numeric: tabular-nums; font-size: 14px; }
    th { color: var(--soft); font-weight: 600; text-align: left; white-space: nowrap; }
    th, td { padding: 4px 18px 4px 0; border-bottom: 1px solid var(--rule); vertical-align: top; }
    tr:last-child td { border-bottom: 0; }
    .number { text-align: right; }
    td:not(.number) { overflow-wrap: break-word; }
    .held { color: var(--good); font-weight: 600; white-space: nowrap; }
    .missed { color: var(--bad); font-weight: 600; white-space: nowrap; }
    code { font: 13px/1.4 ui-monospace, monospace; }
    .plot { position: relative; margin-top: 8px; }
    svg { display: block; width: 100%; height: auto; overflow: visible; }
    .grid { stroke: var(--rule); } .stub { stroke: var(--soft); }
    .tick, .note { fill: var(--soft); font-size: 12px; font-variant-numeric: tabular-nums; }
    .tick.y { text-anchor: end; dominant-baseline: central; } .tick.x { text-anchor: middle; }
    .warm { fill: var(--warm); } .band { fill: var(--c3); opacity: .10; }
    .verdict { font-size: 22px; font-weight: 700; }
    .mark { stroke: var(--soft); stroke-dasharray: 5 4; }
    .line { fill: none; stroke: var(--c); stroke-width: 1.8; stroke-linejoin: round; stroke-linecap: round; }
    .area { fill: var(--c); opacity: .14; } .bar { fill: var(--c); }
    .cursor { stroke: var(--soft); }
    .dot { fill: var(--c); stroke: var(--card); stroke-width: 1.5; }
    svg [hidden], .tip[hidden] { display: none; }
    .c1 { --c: var(--c1); } .c2 { --c: var(--c2); } .c3 { --c: var(--c3); } .c4 { --c: var(--c4); }
    .c5 { --c: var(--c5); } .c6 { --c: var(--c6); } .c7 { --c: var(--c7); } .c8 { --c: var(--c8); }
    .legend { display: flex; flex-wrap: wrap; gap: 4px 18px; font-size: 13px; }
    .legend i, .tip i { display: inline-block; width: 14px; height: 3px; border-radius: 2px; background: var(--c);
      margin-right: 6px; vertical-align: middle; }
    .tip { position: absolute; top: 8px; pointer-events: none; background: var(--card); border: 1px solid var(--rule);
      border-radius: 6px; padding: 6px 10px; font-size: 13px; white-space: nowrap; box-shadow: 0 2px 10px #0002;
      font-variant-numeric: tabular-nums; }
    .tip div { display: flex; gap: 14px; justify-content: space-between; }
    """
}
