package io.headroom.vm;

import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.slf4j.Logger;

/** What does not work now, each by what it is about. The log is told once when it begins, and once when it is over. */
final class Problems {
    private final String whose;
    private final Logger log;
    private final Map<String, String> causes = new TreeMap<>();

    Problems(String whose, Logger log) {
        this.whose = whose;
        this.log = log;
    }

    /** One that is nothing to tell the log of: it holds from the start. */
    void first(String about, String cause) {
        causes.put(about, cause);
    }

    /** @param now empty where it works */
    void note(String about, String now) {
        String before = now.isEmpty() ? causes.remove(about) : causes.put(about, now);
        if (!now.isEmpty() && !now.equals(before)) {
            log.warn("{}: {} {}; tries again", whose, about, now);
        } else if (now.isEmpty() && before != null) {
            log.info("{}: {} works", whose, about);
        }
    }

    /** All of them in one line; empty where everything works. */
    String words() {
        return causes.entrySet().stream()
                .map(problem -> problem.getKey() + " " + problem.getValue())
                .collect(Collectors.joining("; "));
    }
}
