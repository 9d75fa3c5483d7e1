package io.headroom.node.http;

import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.CounterSnapshot.CounterDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot.GaugeDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricMetadata;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Metrics that are put together for one scrape. All of them have the same first labels. */
final class MetricFamilies {
    private final Labels common;
    private final List<Family> families = new ArrayList<>();

    MetricFamilies(Labels common) {
        this.common = common;
    }

    Family gauge(String name, String help) {
        return family(name, help, false);
    }

    /** @param name without {@code _total}, which the format appends */
    Family counter(String name, String help) {
        return family(name, help, true);
    }

    private Family family(String name, String help, boolean counts) {
        Family family = new Family(new MetricMetadata(name, help), counts, common);
        families.add(family);
        return family;
    }

    /** In the order of their names. */
    MetricSnapshots all() {
        return new MetricSnapshots(families.stream().map(Family::snapshot).toList());
    }

    /** One metric with a value for each combination of labels. */
    static final class Family {
        private final MetricMetadata metadata;
        private final boolean counts;
        private final Labels common;
        private final Map<Labels, Double> values = new LinkedHashMap<>();

        private Family(MetricMetadata metadata, boolean counts, Labels common) {
            this.metadata = metadata;
            this.counts = counts;
            this.common = common;
        }

        /** Of two with the same labels the later one counts: one that is told twice would void the whole scrape. */
        void add(double value, Labels labels) {
            values.put(common.merge(labels), value);
        }

        private MetricSnapshot snapshot() {
            return counts ? new CounterSnapshot(metadata, counters()) : new GaugeSnapshot(metadata, gauges());
        }

        private List<GaugeDataPointSnapshot> gauges() {
            return values.entrySet().stream()
                    .map(value -> new GaugeDataPointSnapshot(value.getValue(), value.getKey(), null))
                    .toList();
        }

        private List<CounterDataPointSnapshot> counters() {
            return values.entrySet().stream()
                    .map(value -> new CounterDataPointSnapshot(value.getValue(), value.getKey(), null, 0))
                    .toList();
        }
    }
}
