// The switches of language and period, and the charts that follow them. Nothing is loaded from elsewhere.
"use strict";
const root = document.documentElement;
const told = JSON.parse(document.getElementById("charts").textContent);

const isEmpty = (sets) => !sets || Object.values(sets).every((rows) => rows.length === 0);

async function draw(place) {
  const { chart, spec } = place.dataset;
  const { language, period } = root.dataset;
  const sets = told.data[chart][""] ?? told.data[chart][period];
  place.hidden = isEmpty(sets);
  place.nextElementSibling.hidden = !place.hidden;
  if (place.hidden) return;
  const drawn = { ...told.specs[spec][language], datasets: sets, description: place.dataset[language] };
  if (drawn.height.step) drawn.height = drawn.height.step * sets.rows.length;
  place.view?.finalize();
  const { view } = await vegaEmbed(place, drawn, { renderer: "svg", actions: false });
  place.view = view;
}

async function show() {
  const { language, period } = root.dataset;
  root.lang = language === "zh" ? "zh-CN" : "en";
  for (const button of document.querySelectorAll("button[data-set-language]"))
    button.setAttribute("aria-pressed", button.dataset.setLanguage === language);
  for (const button of document.querySelectorAll("button[data-set-period]"))
    button.setAttribute("aria-pressed", button.dataset.setPeriod === period);
  for (const named of document.querySelectorAll("[aria-label][data-zh]"))
    named.setAttribute("aria-label", named.dataset[language]);
  root.dataset.drawn = "";
  await Promise.all(Array.from(document.querySelectorAll("[data-chart]"), draw));
  root.dataset.drawn = `${language} ${period}`;
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("button[data-set-language], button[data-set-period]");
  if (!button) return;
  if (button.dataset.setLanguage) root.dataset.language = button.dataset.setLanguage;
  if (button.dataset.setPeriod) root.dataset.period = button.dataset.setPeriod;
  show();
});

// On paper nothing can be unfolded any more.
let unfolded = [];
addEventListener("beforeprint", () => {
  unfolded = Array.from(document.querySelectorAll("details:not([open])"));
  for (const one of unfolded) one.open = true;
});
addEventListener("afterprint", () => {
  for (const one of unfolded) one.open = false;
});

show();
