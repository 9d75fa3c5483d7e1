package io.headroom.node.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.headroom.ledger.Audit;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class HttpServerTest {
    private static final HttpClient CLIENT = HttpClient.newHttpClient();

    @RegisterExtension
    static final ServedFacts served = new ServedFacts();

    private final KnownFacts facts = served.facts;

    @Test
    void pool_isTheSpmsReport() throws Exception {
        JsonNode pool = ok("/api/v1/pool");

        assertThat(pool.get("spm").asInt()).isEqualTo(2);
        assertThat(pool.get("phase").asText()).isEqualTo("serving");
        assertThat(pool.get("freeBytes").asLong()).isEqualTo(60L << 30);
        assertThat(pool.get("waiting").get(0).get("waitsSeconds").asDouble()).isEqualTo(1.5);
        assertThat(pool.get("journaled").asText()).isEqualTo("4.15");
    }

    @Test
    void noSpm_isSaidWithCauseAndNextStep() throws Exception {
        facts.spmAnswers = false;

        JsonNode failure = answer("GET", "/api/v1/pool", 503);

        assertThat(failure.get("error").asText()).isEqualTo("no SPM answers");
        assertThat(failure.get("cause").asText()).isEqualTo("no SPM answered within 3 s");
        assertThat(failure.get("next").asText()).isNotEmpty();
    }

    @Test
    void statusWithoutSpm_stillTellsTheHost() throws Exception {
        facts.spmAnswers = false;

        JsonNode status = ok("/api/v1/status");

        assertThat(status.get("pool").isNull()).isTrue();
        assertThat(status.get("poolFailure").get("error").asText()).isEqualTo("no SPM answers");
        assertThat(status.get("host").get("host").asInt()).isEqualTo(1);
        assertThat(status.get("others")).hasSize(2);
    }

    @Test
    void statusOfAHostThatDoesNotKnowTheOthers_saysSo() throws Exception {
        facts.seesOthers = false;

        JsonNode status = ok("/api/v1/status");

        assertThat(status.get("others")).isEmpty();
        assertThat(status.get("host").get("problems").get(0).asText())
                .isEqualTo("the other hosts are not known: no answer in 2 s; ask again");
        assertThat(answer("GET", "/api/v1/hosts", 503).get("error").asText())
                .isEqualTo("the other hosts are not known");
    }

    @Test
    void disksThatDoNotOutlastTheLossOfTheSpmsMachine_areTold() throws Exception {
        assertThat(ok("/api/v1/status").get("powerLoss").get("disks")).isEmpty();

        facts.cutOff = Duration.ofSeconds(160);

        JsonNode loss = ok("/api/v1/status").get("powerLoss");
        assertThat(loss.get("seconds").asDouble()).isEqualTo(160);
        assertThat(loss.get("disks").findValuesAsText("name")).containsExactly("disk-a");
    }

    @Test
    void hosts_areThisOneInFull_andTheOthersByTheirSigns() throws Exception {
        JsonNode hosts = ok("/api/v1/hosts");

        assertThat(hosts.get("self").get("vms").get(0).get("name").asText()).isEqualTo("vm1");
        assertThat(hosts.get("others").get(0).get("host").asInt()).isEqualTo(2);
        assertThat(hosts.get("others").get(1).get("alive").asBoolean()).isFalse();
    }

    @Test
    void disks_areThisHosts() throws Exception {
        JsonNode disks = ok("/api/v1/disks").get("disks");

        assertThat(disks).hasSize(1);
        assertThat(disks.get(0).get("leftSeconds").asDouble()).isEqualTo(134.5);
        assertThat(disks.get(0).get("deviceBytes").asLong()).isEqualTo(2L << 30);
    }

    @Test
    void allDisks_areEveryMembers_eachOnce() throws Exception {
        JsonNode answer = ok("/api/v1/disks?all=true");

        assertThat(answer.get("disks").findValuesAsText("host")).containsExactly("1", "2");
        assertThat(answer.get("silent")).isEmpty();
    }

    @Test
    void allDisksWithoutCluster_namesTheHostsThatAreMissing() throws Exception {
        facts.reachesOthers = false;

        JsonNode answer = ok("/api/v1/disks?all=true");

        assertThat(answer.get("disks").findValuesAsText("host")).containsExactly("1");
        assertThat(answer.get("silent").get(0).asInt()).isEqualTo(2);
    }

    @ParameterizedTest
    @ValueSource(strings = {"disks", "vms"})
    void allOfAClusterThatEnds_areThisHosts_andTheOthersAreSilent(String question) throws Exception {
        facts.clusterEnds = true;

        JsonNode answer = ok("/api/v1/" + question + "?all=true");

        assertThat(answer.get(question).findValuesAsText("host")).containsExactly("1");
        assertThat(answer.get("silent").get(0).asInt()).isEqualTo(2);
    }

    @Test
    void audit_asksForWhatWasAsked() throws Exception {
        JsonNode trail = ok("/api/v1/audit?volume=disk-a&vm=vm1&host=7&since=2026-05-31T12:00:00Z&limit=5&before=99");

        assertThat(facts.queries)
                .containsExactly(new Audit.Query(
                        Optional.of("disk-a"),
                        Optional.of("vm1"),
                        Optional.of(7),
                        Optional.of(Instant.parse("2026-05-31T12:00:00Z")),
                        5,
                        99));
        assertThat(trail.get("lines").get(0).get("extendedMillis").asDouble()).isEqualTo(3.0);
        assertThat(trail.get("next").asLong()).isEqualTo(7);
        assertThat(trail.get("warning").asText()).isEqualTo("the ledger is behind");
    }

    @Test
    void auditWithoutDatabase_isSaidWithCauseAndNextStep() throws Exception {
        facts.spmAnswers = false;

        JsonNode failure = answer("GET", "/api/v1/audit", 503);

        assertThat(failure.get("cause").asText()).isEqualTo("the database is away");
        assertThat(failure.get("next").asText()).contains("growth goes on");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "/api/v1/audit?limit=0              | the parameter limit is \"0\"; allowed is 1 to 10000",
                "/api/v1/audit?limit=many           | the parameter limit is \"many\"; allowed is 1 to 10000",
                "/api/v1/audit?limit=99999999999999 | the parameter limit is",
                "/api/v1/audit?host=0               | the parameter host is \"0\"; allowed is a host's number",
                "/api/v1/audit?host=x               | the parameter host is \"x\"; allowed is a host's number",
                "/api/v1/audit?since=yesterday      | the parameter since is \"yesterday\"; allowed is a time",
                "/api/v1/audit?vm=%2Fetc            | the parameter vm is \"/etc\"; allowed is a VM's name",
                "/api/v1/audit?volume=              | the parameter volume is \"\"; allowed is a volume's name",
                "/api/v1/audit?before=-1            | the parameter before is \"-1\"; allowed is",
                "/api/v1/audit?vm=a&vm=b            | the parameter vm is given 2 times; allowed is once",
                "/api/v1/audit?lmit=1               | the parameter lmit is unknown; allowed are before, host, limit",
                "/api/v1/disks?all=yes              | the parameter all is \"yes\"; allowed is true or false",
                "/api/v1/pool?verbose=true          | the parameter verbose is unknown; allowed is none",
            })
    void badParameter_isRefusedWithItsNameItsValueAndWhatIsAllowed(String path, String cause) throws Exception {
        assertThat(answer("GET", path, 400).get("cause").asText()).contains(cause);
        assertThat(facts.queries).isEmpty();
    }

    @Test
    void longValue_isShortenedInTheAnswer() throws Exception {
        JsonNode failure = answer("GET", "/api/v1/audit?vm=" + "x".repeat(1000), 400);

        assertThat(failure.get("cause").asText()).hasSizeLessThan(300);
    }

    @Test
    void unknownPath_isNotFoundAsJson() throws Exception {
        assertThat(answer("GET", "/api/v2/pool", 404).get("next").asText()).contains("/api/v1/");
        assertThat(answer("GET", "/", 404).get("error").asText()).isEqualTo("not found");
    }

    @Test
    void otherMethods_areNotAllowed() throws Exception {
        assertThat(answer("POST", "/api/v1/pool", 405).get("next").asText()).isEqualTo("use GET");
    }

    @Test
    void aliveAndReady_doNotNeedTheCluster() throws Exception {
        facts.spmAnswers = false;

        assertThat(ok("/alive").get("alive").asBoolean()).isTrue();
        JsonNode ready = ok("/ready");
        assertThat(ready.get("ready").asBoolean()).isTrue();
        assertThat(ready.get("member").asBoolean()).isFalse();
    }

    @Test
    void hostThatCannotReadTheMailbox_isAliveAndNotReady() throws Exception {
        facts.started = false;

        assertThat(answer("GET", "/ready", 503).get("cause").asText()).isEqualTo("the mailbox cannot be read");
        assertThat(ok("/alive").get("alive").asBoolean()).isTrue();
    }

    @Test
    void vms_tellWhyOneDoesNotRun() throws Exception {
        JsonNode vm = ok("/api/v1/vms").get("vms").get(0);

        assertThat(vm.get("name").asText()).isEqualTo("vm1");
        assertThat(vm.get("pause").asText()).isEqualTo("no-space");
        assertThat(vm.get("pauseWhy").asText()).isEqualTo("no space on disk1");
        assertThat(ok("/api/v1/vms?all=true").get("vms")).hasSizeGreaterThan(1);
    }

    @Test
    void holdAndRelease_areOrders() throws Exception {
        assertThat(answer("POST", "/api/v1/vms/vm1/hold", 200).get("held").asBoolean())
                .isTrue();
        assertThat(answer("POST", "/api/v1/vms/vm1/release", 200).get("held").asBoolean())
                .isFalse();

        assertThat(answer("GET", "/api/v1/vms/vm1/hold", 405).get("next").asText())
                .isEqualTo("use POST");
        assertThat(answer("POST", "/api/v1/vms/-x/hold", 400).get("cause").asText())
                .contains("not a VM name");
        assertThat(answer("POST", "/api/v1/vms/nobody/hold", 409).get("cause").asText())
                .contains("has no VM nobody");
    }

    @Test
    void hostThatDoesNotAnswer_isSaid() throws Exception {
        facts.hostAnswers = false;

        assertThat(answer("GET", "/api/v1/disks", 503).get("error").asText()).isEqualTo("this host does not answer");
    }

    @Test
    void clusterRoutesWithoutCluster_areUnavailable() throws Exception {
        assertThat(answer("GET", "/cluster/members", 503).get("error").asText()).isEqualTo("no cluster");
    }

    @Test
    void takenPort_failsTheBinding() {
        int taken = URI.create(served.url()).getPort();

        assertThatThrownBy(() -> served.bind(taken)).hasMessageContaining("Bind failed");
    }

    private static JsonNode ok(String path) throws Exception {
        return answer("GET", path, 200);
    }

    private static JsonNode answer(String method, String path, int status) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(URI.create(served.url() + path))
                .method(method, HttpRequest.BodyPublishers.noBody())
                .header("Content-Type", "application/json")
                .build();
        HttpResponse<String> response = CLIENT.send(request, HttpResponse.BodyHandlers.ofString());
        assertThat(response.statusCode()).as(response.body()).isEqualTo(status);
        assertThat(response.headers().firstValue("content-type")).contains("application/json");
        return new JsonMapper().readTree(response.body());
    }
}
