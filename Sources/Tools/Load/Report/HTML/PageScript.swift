/// Shows the numbers under the pointer. It builds no HTML from text, so nothing in a report can become a part of
/// the page.
enum PageScript {
  static let text = """
    "use strict";
    const nearest = (values, at) => {
      let low = 0, high = values.length - 1;
      while (low < high) {
        const middle = (low + high) >> 1;
        if (values[middle] < at) low = middle + 1; else high = middle;
      }
      return low > 0 && at - values[low - 1] < values[low] - at ? low - 1 : low;
    };
    const element = (parent, name, text) => {
      const made = document.createElement(name);
      if (text !== undefined) made.textContent = text;
      parent.append(made);
      return made;
    };
    for (const figure of document.querySelectorAll("figure.chart")) {
      const data = JSON.parse(figure.querySelector("script").textContent);
      const series = data.series;
      const svg = figure.querySelector("svg"), tip = figure.querySelector(".tip");
      const cursor = svg.querySelector(".cursor"), dots = svg.querySelectorAll(".dot");
      const show = (at) => {
        tip.replaceChildren();
        let place = null, distance = Infinity, column = 0;
        for (const one of series) {
          if (one.x.length === 0) continue;
          const index = nearest(one.x, at), gap = Math.abs(one.x[index] - at);
          if (gap < distance) { distance = gap; place = one.place[index]; column = one.x[index]; }
        }
        if (place === null) return;
        element(tip, "b", place);
        series.forEach((one, number) => {
          const index = nearest(one.x, column);
          const isNear = one.x.length > 0 && Math.abs(one.x[index] - column) < 6;
          dots[number].toggleAttribute("hidden", !isNear);
          if (!isNear) return;
          dots[number].setAttribute("cx", one.x[index]);
          dots[number].setAttribute("cy", one.y[index]);
          const row = element(tip, "div"), name = element(row, "span");
          element(name, "i").className = one.colour;
          name.append(one.name);
          element(row, "span", one.value[index]);
        });
        cursor.setAttribute("x1", column);
        cursor.setAttribute("x2", column);
        cursor.removeAttribute("hidden");
        tip.hidden = false;
        const left = column / data.width * svg.clientWidth;
        const isRight = left > svg.clientWidth / 2;
        tip.style.left = isRight ? "auto" : left + 12 + "px";
        tip.style.right = isRight ? svg.clientWidth - left + 12 + "px" : "auto";
      };
      const hide = () => {
        tip.hidden = true;
        cursor.setAttribute("hidden", "");
        for (const dot of dots) dot.setAttribute("hidden", "");
      };
      svg.addEventListener("pointermove", (event) => {
        const box = svg.getBoundingClientRect();
        show((event.clientX - box.left) / box.width * data.width);
      });
      svg.addEventListener("pointerleave", hide);
    }
    """
}
