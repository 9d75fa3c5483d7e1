package io.headroom.node.cli;

import java.util.ArrayList;
import java.util.List;

/** Columns of text, each as wide as its widest cell. A heading that ends with {@code >} aligns its column right. */
final class Table {
    private final List<String> headings;
    private final List<List<String>> rows = new ArrayList<>();

    Table(String... headings) {
        this.headings = List.of(headings);
    }

    void add(String... cells) {
        if (cells.length != headings.size()) {
            throw new IllegalArgumentException(cells.length + " cells for " + headings.size() + " columns");
        }
        rows.add(List.of(cells));
    }

    boolean isEmpty() {
        return rows.isEmpty();
    }

    /** The lines, without blanks at their ends; the last one without its end. */
    @Override
    public String toString() {
        List<List<String>> all = new ArrayList<>();
        all.add(headings.stream().map(heading -> heading.replace(">", "")).toList());
        all.addAll(rows);
        StringBuilder text = new StringBuilder();
        for (List<String> row : all) {
            StringBuilder line = new StringBuilder();
            for (int column = 0; column < row.size(); column++) {
                boolean right = headings.get(column).endsWith(">");
                String blanks = " ".repeat(width(all, column) - row.get(column).length());
                line.append(right ? blanks : "")
                        .append(row.get(column))
                        .append(right ? "" : blanks)
                        .append("  ");
            }
            text.append(line.toString().stripTrailing()).append('\n');
        }
        return text.toString().stripTrailing();
    }

    private static int width(List<List<String>> rows, int column) {
        return rows.stream().mapToInt(row -> row.get(column).length()).max().orElse(0);
    }
}
