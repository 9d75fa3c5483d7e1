package io.headroom.node.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class MetricsTest {
    private static final Path GOLDEN = Path.of("src/test/resources/io/headroom/node/http/metrics.txt");
    private static final Path ALERTS = Path.of("src/main/dist/share/headroom-alerts.yml");
    private static final Pattern NAME = Pattern.compile("\\bheadroom_[a-z_]+");
    private static final Pattern LABEL = Pattern.compile("\\{([a-z]+)=");
    private static final HttpClient CLIENT = HttpClient.newHttpClient();

    @RegisterExtension
    static final ServedFacts served = new ServedFacts();

    private final KnownFacts facts = served.facts;

    @BeforeEach
    void thisIsTheSpmsNode() {
        facts.host = 2;
    }

    /** Dashboards and alerts of operators hang on these names, types, labels and units. */
    @Test
    void theSpmsNode_tellsOfItsHostAndOfThePool_toTheLetter() throws Exception {
        HttpResponse<String> answer = scrape();

        assertThat(answer.headers().firstValue("Content-Type").orElseThrow()).startsWith("text/plain; version=0.0.4");
        if (Boolean.getBoolean("golden.rewrite")) {
            Files.writeString(GOLDEN, answer.body());
        }
        assertThat(answer.body()).isEqualTo(Files.readString(GOLDEN));
    }

    @Test
    void anotherNode_tellsOfItsHostAlone_soThatSumsAreRight() throws Exception {
        facts.host = 1;

        assertThat(scrape().body())
                .contains("headroom_spm_serving{host=\"1\",pool=\"pool-1\"} 0.0")
                .contains("headroom_vm_paused{cause=\"no-space\",host=\"1\",pool=\"pool-1\",vm=\"vm1\"} 1.0")
                .contains("headroom_vms{cause=\"none\",host=\"1\",pool=\"pool-1\"} 0.0")
                .doesNotContain("headroom_pool_", "headroom_waiting_", "headroom_ledger_");
    }

    @Test
    void spmThatDoesNotAnswer_leavesTheHostToTell() throws Exception {
        facts.spmAnswers = false;

        assertThat(scrape().body())
                .contains("headroom_spm_serving{host=\"2\",pool=\"pool-1\"} 0.0")
                .contains("headroom_disk_headroom_bytes{")
                .doesNotContain("headroom_pool_");
    }

    @Test
    void hostThatDoesNotAnswer_isNoScrape() throws Exception {
        facts.hostAnswers = false;

        assertThat(scrape().statusCode()).isEqualTo(503);
    }

    @Test
    void alerts_nameMetricsAndLabelsThatAreThere() throws Exception {
        String scraped = scrape().body();
        facts.host = 1;
        scraped += scrape().body();
        Set<String> told = found(NAME, scraped.replaceAll("(?m)^# HELP.*$", ""));
        String expressions = Files.readString(ALERTS)
                .lines()
                .filter(line -> line.strip().startsWith("expr:"))
                .collect(Collectors.joining("\n"));

        assertThat(told).containsAll(found(NAME, expressions));
        assertThat(found(NAME, expressions)).as("something is watched").hasSizeGreaterThan(8);
        for (String label : found(LABEL, expressions)) {
            assertThat(scraped).contains(label.substring(1));
        }
    }

    private static Set<String> found(Pattern pattern, String text) {
        return pattern.matcher(text)
                .results()
                .map(match -> match.group())
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private static HttpResponse<String> scrape() throws IOException, InterruptedException {
        return CLIENT.send(
                HttpRequest.newBuilder(URI.create(served.url() + "/metrics")).build(),
                HttpResponse.BodyHandlers.ofString());
    }
}
