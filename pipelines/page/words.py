"""The fixed words of the page's frame in both languages."""

from pipelines.page.parts import Words

WORDS: dict[str, Words] = {
    "title": ("客户管理月报", "Customer management report"),
    "as_of": ("截止", "As of"),
    "currency": ("币种", "Currency"),
    "period": ("期间", "Period"),
    "sections": ("各部分", "Sections"),
    "skip": ("跳到正文", "Skip to the content"),
    "table": ("数据表", "The same as a table"),
    "first": ("前", "first"),
    "of": ("，共", " of"),
    "no_data": ("该期间没有数据。", "Nothing in the period."),
    "foot": (
        "全部数字取自已发布的表；关键数字下的变化由其旁所列的两个数值得出。指标的定义见 dim_label 与文档。",
        "All numbers are those of the published tables; a change under a key figure is told from the two numbers beside it. What a measure means: see dim_label and the documentation.",
    ),
}
