"use strict";
// The page's own script: the metric shown, sorting, the before/after view, and the plots once plotly.js is unpacked.
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const byId = (id) => document.getElementById(id);
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const drift = data.word; // what a variant's difference from the original is called
  const converted = data.variants.filter((variant) => variant.name !== data.original);
  const metricChoice = byId("metric");
  const metric = () => data.metrics.find((each) => each.name === metricChoice.value) || data.metrics[0];
  const is = (value) => value !== null && value !== undefined;

  // Numbers as everywhere in the reports: four significant digits, and minus signs.
  function number(value) {
    if (!is(value)) return "-";
    if (value === 0) return "0";
    const size = Math.abs(value);
    if (size < 1e-4 || size >= 1e6) return value.toExponential(2).replace(/e([+-])(\d)$/, "e$10$2");
    return value.toFixed(Math.max(0, 3 - Math.floor(Math.log10(size))));
  }
  const minus = (text) => text.replace(/(^|e)-(?=\d)/g, "$1\u2212");
  const signed = (value) => (value > 0 ? "+" : "") + minus(number(value));

  // One style for a column, as `eval.presentation.formatting.column`.
  function column(values, digits, sign) {
    const sizes = values.filter((value) => is(value) && value !== 0).map(Math.abs);
    const [smallest, largest] = [Math.min(...sizes), Math.max(...sizes)];
    const decimals = (value, wanted) => Math.max(0, wanted - 1 - Math.floor(Math.log10(value)));
    const places = sizes.length ? Math.min(decimals(smallest, digits), decimals(largest, digits + 1)) : 0;
    const exponent = largest < 1e-3 || largest >= 1e6;
    return values.map((value) => {
      if (!is(value) || value === 0) return number(value);
      const text = exponent ? value.toExponential(2).replace(/e([+-])(\d)$/, "e$10$2") : value.toFixed(places);
      return (sign && value > 0 ? "+" : "") + minus(text);
    });
  }

  // ---- the table of samples: another metric, sorting, filtering
  const table = byId("sample-table");
  const rows = table ? all("tbody tr", table) : [];

  function fillSamples() {
    const { name, title, unit } = metric();
    byId("sample-metric").textContent = `${title}, ${unit}`;
    const drifts = converted.map((variant) => data.samples.drift[name][variant.name]);
    const columns = [data.samples.original[name], ...drifts];
    const texts = columns.map((values, index) => (index ? column(values, 3, true) : column(values, 4, false)));
    if (converted.length) {
      const largest = data.samples.ids.map((_, at) => {
        const sizes = drifts.map((values) => values[at]).filter(is).map(Math.abs);
        return sizes.length ? Math.max(...sizes) : null;
      });
      columns.push(largest);
      texts.push(column(largest, 3, false));
    }
    for (const row of rows) {
      const at = Number(row.dataset.row);
      all("td[data-value]", row).forEach((cell, index) => {
        cell.dataset.value = is(columns[index][at]) ? columns[index][at] : "";
        cell.textContent = texts[index][at];
      });
    }
  }

  const natural = new Intl.Collator("en", { numeric: true });

  function sortBy(head, direction) {
    const column = head.cellIndex;
    const numeric = head.dataset.kind === "number";
    const sign = direction === "ascending" ? 1 : -1;
    const key = (row) => (numeric ? row.cells[column].dataset.value : row.cells[column].textContent);
    const compare = (one, other) => {
      const [a, b] = [key(one), key(other)];
      if (!numeric) return sign * natural.compare(a, b);
      if (a === "" || b === "") return (a === "") - (b === ""); // what is undefined stays below
      return sign * (a - b);
    };
    table.tBodies[0].append(...[...rows].sort(compare));
    for (const each of table.tHead.rows[0].cells) each.setAttribute("aria-sort", each === head ? direction : "none");
  }

  function sortAgain() {
    const head = [...table.tHead.rows[0].cells].find((each) => /ing$/.test(each.getAttribute("aria-sort")));
    if (head) sortBy(head, head.getAttribute("aria-sort"));
  }

  if (table) {
    for (const head of table.tHead.rows[0].cells) {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = head.textContent;
      head.replaceChildren(button);
      if (!head.hasAttribute("aria-sort")) head.setAttribute("aria-sort", "none");
      button.addEventListener("click", () => {
        const first = head.dataset.kind === "number" ? "descending" : "ascending";
        const second = first === "ascending" ? "descending" : "ascending";
        sortBy(head, head.getAttribute("aria-sort") === first ? second : first);
      });
    }
    const filter = byId("filter");
    filter.addEventListener("input", () => {
      const wanted = filter.value.trim().toLowerCase();
      for (const row of rows) {
        const text = `${row.cells[0].textContent} ${row.cells[1].textContent}`.toLowerCase();
        row.hidden = !text.includes(wanted);
      }
      byId("filtered").textContent = wanted ? `${rows.filter((row) => !row.hidden).length} of ${rows.length}` : "";
    });
  }

  // ---- the before/after view
  for (const article of all("article.worst")) {
    const viewer = article.querySelector(".viewer");
    if (!viewer) continue;
    const stage = viewer.querySelector(".stage");
    const range = viewer.querySelector("input[type=range]");
    const sides = ["left", "right"].map((side) => [
      stage.querySelector(`.${side}`),
      viewer.querySelector(`.choose-${side}`),
    ]);
    const show = () => {
      for (const [image, choice] of sides) {
        const layer = all(".layers img", article).find((each) => each.dataset.layer === choice.value);
        image.src = layer.src;
        image.alt = layer.alt;
      }
      move();
    };
    const move = () => {
      stage.style.setProperty("--at", `${range.value}%`);
      const [left, right] = sides.map(([, choice]) => choice.selectedOptions[0].text);
      range.setAttribute("aria-valuetext", `${range.value} % ${left}, ${100 - range.value} % ${right}`);
    };
    const drag = (event) => {
      if (!(event.buttons & 1)) return;
      const box = stage.getBoundingClientRect();
      range.value = Math.round((100 * (event.clientX - box.left)) / box.width);
      move();
    };
    range.addEventListener("input", move);
    for (const [, choice] of sides) choice.addEventListener("change", show);
    stage.addEventListener("pointerdown", (event) => {
      stage.setPointerCapture(event.pointerId);
      drag(event);
    });
    stage.addEventListener("pointermove", drag);
    viewer.hidden = false;
    show();
  }

  // ---- plots
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const PALETTES = {
    light: ["#0072b2", "#d55e00", "#00825e", "#a8477f", "#8a6500", "#3a86b8", "#6e6e6e"],
    dark: ["#56b4e9", "#f0904b", "#3ccf9f", "#e49cc6", "#f0c04d", "#9fd3f2", "#b0b0b0"],
  };
  const SYMBOLS = ["circle", "square", "diamond", "triangle-up", "triangle-down", "cross", "star"];
  const DASHES = ["solid", "solid", "dash", "dot"];
  let printing = false;

  function look() {
    const night = dark.matches && !printing;
    return night
      ? { ink: "#e6e9ed", faint: "#a5adb8", grid: "#333b45", bad: "#ff9088", good: "#1d4a2b", palette: PALETTES.dark }
      : { ink: "#1b1f24", faint: "#57606a", grid: "#dde2e7", bad: "#b3261e", good: "#d5efdd", palette: PALETTES.light };
  }
  const colour = (index) => look().palette[index % look().palette.length];
  // Hollow, so that one mark on another can be seen.
  const mark = (index) => ({
    color: colour(index), symbol: `${SYMBOLS[index % SYMBOLS.length]}-open`, size: 10, line: { width: 2, color: colour(index) },
  });
  const place = (name) => data.variants.findIndex((variant) => variant.name === name);
  // Names come from files; plotly reads some markup in texts.
  const plain = (text) => text.replace(/&/g, "&amp;").replace(/</g, "&lt;");

  function interval(records, absolute) {
    if (!records.some((record) => is(record.low))) return undefined;
    const size = (record) => (absolute ? Math.abs(record.mean) : record.mean);
    const ends = (record) => {
      if (!is(record.low)) return [size(record), size(record)];
      if (!absolute) return [record.low, record.high];
      const sizes = [Math.abs(record.low), Math.abs(record.high)];
      return [record.low * record.high < 0 ? 0 : Math.min(...sizes), Math.max(...sizes)];
    };
    return {
      type: "data",
      symmetric: false,
      array: records.map((record) => ends(record)[1] - size(record)),
      arrayminus: records.map((record) => size(record) - ends(record)[0]),
    };
  }

  function spoken(record) {
    return is(record.low) ? `${signed(record.mean)} [${signed(record.low)}, ${signed(record.high)}]` : signed(record.mean);
  }

  const builders = {
    speed() {
      const { name, title, unit } = metric();
      const logarithmic = byId("scale").value === "log";
      const traces = [];
      for (const variant of converted) {
        const record = data.drift[name][variant.name];
        if (!variant.latency || !is(record.mean) || (logarithmic && record.mean === 0)) continue;
        const [median, p90] = variant.latency;
        traces.push({
          name: plain(variant.label),
          x: [median],
          y: [logarithmic ? Math.abs(record.mean) : record.mean],
          mode: "markers",
          marker: { ...mark(place(variant.name)), size: 13 },
          error_x: { type: "data", symmetric: false, array: [Math.max(0, p90 - median)], arrayminus: [0], thickness: 1 },
          error_y: interval([record], logarithmic),
          text: [`${plain(variant.label)}<br>${drift.toLowerCase()} ${spoken(record)}<br>median ${number(median)} ms, p90 ${number(p90)} ms`],
          hoverinfo: "text",
        });
      }
      const original = data.variants.find((variant) => variant.name === data.original);
      const timed = converted.filter((variant) => variant.latency).map((variant) => variant.latency);
      const own = original && original.latency ? original.latency[0] : null;
      const far = timed.length > 0 && own > data.near * Math.max(...timed.map(([median]) => median));
      const ends = [...timed.map(([, p90]) => p90), ...(is(own) && !far ? [own] : [])];
      const layout = {
        xaxis: { title: { text: "Latency of one sample, ms (median)" }, range: [0, 1.05 * Math.max(...ends, 1e-3)] },
        yaxis: {
          title: { text: `${logarithmic ? `|${drift}|` : drift} of ${title}, ${unit}` },
          type: logarithmic ? "log" : "linear",
          exponentformat: "power",
          ...(logarithmic ? { dtick: 1 } : {}),
        },
        shapes: [], annotations: [],
      };
      if (is(own)) {
        const line = { dash: "dot", color: look().ink };
        // A trace without points, so that the legend names the line.
        traces.push({
          name: `${plain(original.label)}: the original, ${number(own)} ms`,
          x: [0], y: [null], mode: "lines", line, hoverinfo: "skip",
        });
        if (far) {
          layout.annotations.push({
            text: `the original: ${number(own)} ms \u2192`, showarrow: false,
            xref: "paper", yref: "paper", x: 1, y: 1, xanchor: "right", yanchor: "top", font: { color: look().ink },
          });
        } else {
          layout.shapes.push({ type: "line", x0: own, x1: own, yref: "paper", y0: 0, y1: 1, line });
        }
      }
      return { traces, layout };
    },

    limits() {
      const { name, title, unit } = metric();
      const records = converted.map((variant) => data.drift[name][variant.name]);
      const places = records.map((_, index) => index);
      const sizes = records.flatMap(({ mean, low, high, allowed }) => [mean, low, high, allowed.least, allowed.most]).filter(is);
      const [bottom, top] = [Math.min(0, ...sizes), Math.max(0, ...sizes)];
      const room = 0.2 * (top - bottom || 1e-6);
      const range = [bottom - room, top + room];
      const shapes = records.flatMap(({ allowed: { least, most } }, index) => {
        const [x0, x1] = [index - 0.35, index + 0.35];
        if (!is(least) && !is(most)) return [];
        const band = { type: "rect", layer: "below", x0, x1, y0: is(least) ? least : range[0], y1: is(most) ? most : range[1] };
        const lines = [least, most].filter(is).map((y) => ({ type: "line", x0, x1, y0: y, y1: y, line: { width: 3, color: look().bad } }));
        return [{ ...band, fillcolor: look().good, line: { width: 0 } }, ...lines];
      });
      const share = ({ mean, allowed }) => {
        const limit = mean < 0 ? allowed.least : allowed.most;
        return is(mean) && limit ? `<br>${Number(((100 * mean) / limit).toPrecision(3))} % of the limit` : "";
      };
      const traces = [{
        name: drift, x: places, y: records.map((record) => record.mean), mode: "markers+text", textposition: "top right",
        marker: { color: converted.map((variant) => colour(place(variant.name))), size: 11 }, cliponaxis: false,
        error_y: { ...interval(records, false), color: look().ink },
        text: records.map((record) => `\u00a0\u00a0${signed(record.mean)}`),
        customdata: records.map((record, index) => `${plain(converted[index].label)}<br>${drift.toLowerCase()} ${spoken(record)}${share(record)}`),
        hovertemplate: "%{customdata}<extra></extra>",
      }];
      const labels = converted.map((variant, index) => `${plain(variant.name)}${share(records[index])}`);
      return {
        traces,
        layout: {
          shapes, showlegend: false,
          xaxis: { tickvals: places, ticktext: labels, range: [-0.5, converted.length - 0.5], showgrid: false, zeroline: false },
          yaxis: { title: { text: `${drift} of ${title}, ${unit}` }, range, zeroline: true, zerolinecolor: look().faint },
        },
      };
    },

    spread() {
      const { name, title, unit } = metric();
      const beside = (order) => (0.7 * (order - (converted.length - 1) / 2)) / Math.max(1, converted.length);
      const traces = converted.map((variant, order) => ({
        name: plain(variant.label), mode: "markers", marker: { ...mark(place(variant.name)), size: 7 },
        x: data.samples.ids.map((_, index) => index + 1 + beside(order)),
        y: data.samples.drift[name][variant.name],
        text: data.samples.ids.map((id, index) => `${plain(id)}<br>${signed(data.samples.drift[name][variant.name][index])}`),
        hovertemplate: "%{text}<extra>%{fullData.name}</extra>",
      }));
      return {
        traces,
        layout: {
          xaxis: { title: { text: `Samples, by largest ${drift.toLowerCase()} of ${data.metrics[0].title}` }, rangemode: "tozero" },
          yaxis: { title: { text: `${drift} of ${title}, ${unit}` } },
        },
      };
    },

    "by-tag"() {
      const { name, title, unit } = metric();
      const tags = Object.keys(Object.values(data.tags[name])[0] || {});
      const traces = converted.map((variant) => ({
        name: plain(variant.label), type: "bar", x: tags.map(plain),
        y: tags.map((tag) => data.tags[name][variant.name][tag]),
        marker: { color: colour(place(variant.name)) },
        hovertemplate: "%{x}: %{y:.4g}<extra>%{fullData.name}</extra>",
      }));
      return { traces, layout: { barmode: "group", xaxis: { type: "category", tickangle: -40, automargin: true }, yaxis: { title: { text: `Mean ${drift.toLowerCase()} of ${title}, ${unit}` } } } };
    },

    trend: () => past("values", data.variants, ""),
    "drift-trend": () => past("drift", converted, `${drift} of `),
  };

  // One line per variant through the comparable runs; runs on other samples as hollow marks.
  function past(key, variants, prefix) {
    const { name, title, unit } = metric();
    const traces = [];
    for (const [order, variant] of variants.entries()) {
      // Wide below narrow, so that lines of equal figures show all of them.
      const below = variants.length - 1 - order;
      for (const same of [true, false]) {
        const runs = data.history.filter((run) => run.same === same && is(run[key][name][variant.name]?.mean));
        if (!runs.length) continue;
        const records = runs.map((run) => run[key][name][variant.name]);
        const sign = mark(place(variant.name));
        traces.push({
          name: plain(variant.name),
          x: runs.map((run) => run.created), y: records.map((record) => record.mean),
          mode: same ? "lines+markers" : "markers",
          line: { color: sign.color, width: 1.5 + 2.5 * below, dash: DASHES[order % DASHES.length] },
          legendgroup: variant.name, showlegend: same,
          marker: { ...sign, size: 9 + 3 * below, symbol: same ? sign.symbol.replace("-open", "") : sign.symbol },
          error_y: interval(records, false),
          text: runs.map((run, index) => `${plain(run.name)}<br>${plain(run.set)}, ${plain(run.cpu)}<br>${key === "drift" ? spoken(records[index]) : number(records[index].mean)}`),
          hovertemplate: "%{text}<extra>%{fullData.name}</extra>",
        });
      }
    }
    return { traces, layout: { xaxis: { type: "date" }, yaxis: { title: { text: `${prefix}${title}, ${unit}` } } } };
  }

  // Not on this page: a button that sends charts to a cloud, and those that say nothing here.
  const BUTTONS = ["sendChartToCloud", "select2d", "lasso2d", "autoScale2d"];

  // `paper`: the width and height to draw at for printing, else each plot fills its place.
  function draw(paper) {
    if (!window.Plotly) return Promise.resolve();
    const { ink, faint, grid } = look();
    const axis = { gridcolor: grid, zerolinecolor: grid, linecolor: grid, automargin: true };
    return Promise.all(all(".chart").map((figure) => {
      const { traces, layout } = builders[figure.dataset.chart]();
      return Plotly.react(byId(figure.dataset.chart), traces, {
        font: { color: ink, family: "system-ui, sans-serif", size: 13 },
        paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)",
        margin: { l: 70, r: 15, t: 30, b: 90 }, hovermode: "closest",
        showlegend: true, legend: { orientation: "h", yref: "container", y: 0, yanchor: "bottom" },
        modebar: { bgcolor: "rgba(0,0,0,0)", color: faint, activecolor: ink },
        ...(paper ? { ...paper, autosize: false } : { autosize: true }),
        ...layout,
        xaxis: { ...axis, ...layout.xaxis, title: { standoff: 12, ...layout.xaxis?.title } },
        yaxis: { ...axis, ...layout.yaxis, title: { standoff: 12, ...layout.yaxis.title } },
      }, { displaylogo: false, responsive: !paper, plotlyServerURL: "", modeBarButtonsToRemove: BUTTONS });
    }));
  }

  async function unpackPlots() {
    if (!data.metrics.length) throw new Error("the run has no metrics");
    const packed = Uint8Array.from(atob(byId("plot-library").textContent), (letter) => letter.charCodeAt(0));
    const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
    const library = document.createElement("script");
    library.textContent = await new Response(stream).text();
    document.head.append(library);
    for (const charts of all(".charts")) charts.hidden = false;
    await draw();
    byId("plots-note").hidden = true;
    document.documentElement.dataset.plots = "drawn";
  }

  for (const choice of all(".choice")) choice.hidden = false;
  metricChoice.addEventListener("change", () => {
    if (table) {
      fillSamples();
      sortAgain();
    }
    draw();
  });
  byId("scale").addEventListener("change", () => draw());
  dark.addEventListener("change", () => draw());
  addEventListener("beforeprint", () => {
    printing = true;
    draw({ width: 670, height: 330 });
  });
  addEventListener("afterprint", () => {
    printing = false;
    draw();
  });
  unpackPlots().catch((error) => {
    byId("plots-note").textContent = `The plots cannot be shown (${error.message}); every figure in them stands in the tables of this page.`;
    document.documentElement.dataset.plots = "none";
  });
})();
