package io.headroom.node.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class OrdersOverHttpTest {
    private static final HttpClient CLIENT = HttpClient.newHttpClient();
    private static final String JSON = "application/json";

    @RegisterExtension
    static final ServedFacts served = new ServedFacts();

    private final KnownOrders orders = served.orders;

    @Test
    void volumes_areTold_withWhereTheyAreInUse() throws Exception {
        JsonNode volume = get("/volumes", 200).get("volumes").get(0);

        assertThat(volume.get("name").asText()).isEqualTo("disk-a");
        assertThat(volume.get("state").asText()).isEqualTo("ready");
        assertThat(volume.get("sizeBytes").asLong()).isEqualTo(2L << 30);
        assertThat(volume.get("hosts").get(0).asInt()).isEqualTo(2);
        assertThat(volume.get("guardedBy").get(0).asInt()).isEqualTo(1);
    }

    @ParameterizedTest
    @CsvSource({"disk-a", "id-a1"})
    void volume_isFoundByNameAndById_withItsDisks(String name) throws Exception {
        JsonNode shown = get("/volumes/" + name, 200);

        assertThat(shown.get("volume").get("id").asText()).isEqualTo("id-a1");
        assertThat(shown.get("disks").findValuesAsText("vm")).containsExactly("vm1");
    }

    @Test
    void unknownVolume_isNotFound() throws Exception {
        assertThat(get("/volumes/disk-b", 404).get("cause").asText()).contains("no volume \"disk-b\"");
        assertThat(post("/volumes/disk-b/activate", "{}", 404).get("error").asText())
                .isEqualTo("unknown volume");
    }

    @Test
    void luns_areTold() throws Exception {
        assertThat(get("/luns", 200).get("luns").get(0).get("device").asText()).isEqualTo("/dev/sda");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "/volumes               | {'name':'web','virtualSize':'100G'}             | CreateVolume[name=web, virtualSize=100 GiB, size=Optional.empty]",
                "/volumes               | {'name':'web','virtualSize':1048576,'size':'1G'} | CreateVolume[name=web, virtualSize=1 MiB, size=Optional[1 GiB]]",
                "/volumes/disk-a/resize | {'virtualSize':'20G'}                           | ResizeVolume[volume=disk-a, virtualSize=20 GiB]",
                "/luns                  | {'device':'/dev/sdb','force':true}              | AddLun[device=/dev/sdb, size=0 B, force=true]",
                "/luns                  | {'device':'two','size':'1T'}                    | AddLun[device=two, size=1 TiB, force=false]",
                "/luns/grow             | {'device':'/dev/sdb'}                           | GrowLun[device=/dev/sdb, size=0 B]",
            })
    void order_reachesTheSpm_asItWasGiven(String path, String body, String order) throws Exception {
        JsonNode answer = post(path, body, 200);

        assertThat(answer.get("what").asText()).isEqualTo("done as ordered");
        assertThat(answer.get("volume").get("name").asText()).isEqualTo("disk-a");
        assertThat(orders.given).containsExactly("operator orders " + order);
    }

    @Test
    void deletion_takesParameters_andWhoAsks() throws Exception {
        answer("DELETE", "/volumes/disk-a?wipe=true&by=alice", "", "", 200);

        assertThat(orders.given).containsExactly("alice orders DeleteVolume[volume=disk-a, wipe=true]");
    }

    @Test
    void dryRun_asksWhatWouldBeDone_andShowsTheBackEndsSteps() throws Exception {
        JsonNode plan = answer("DELETE", "/volumes/disk-a?dryRun=true", "", "", 200);

        assertThat(plan.get("steps").get(0).asText()).isEqualTo("would Condemn[volume=id-a1]");
        assertThat(plan.get("steps").get(1).asText()).isEqualTo("would Wipe[volume=id-a1, from=0 B, length=512 MiB]");
        assertThat(orders.given).containsExactly("operator pretends DeleteVolume[volume=disk-a, wipe=false]");
    }

    @Test
    void dryRunOnThisHost_alsoNamesWhatTheHostDoes() throws Exception {
        JsonNode plan = post("/volumes/disk-a/activate", "{'dryRun':true}", 200);

        assertThat(plan.get("steps")).hasSize(3);
        assertThat(plan.get("steps").get(2).asText()).contains("this host makes volume disk-a available");
        assertThat(orders.given).containsExactly("operator pretends AssignVolume[volume=disk-a, host=1, shared=false]");
    }

    @Test
    void refusedOrder_isAConflict_withCauseAndNextStep() throws Exception {
        orders.refusal = Optional.of("volume disk-a is in use on host 2");

        JsonNode failure = answer("DELETE", "/volumes/disk-a", "", "", 409);

        assertThat(failure.get("cause").asText()).isEqualTo("volume disk-a is in use on host 2");
        assertThat(failure.get("next").asText()).isEqualTo("stop it first");
    }

    @Test
    void activatedVolume_isToldWithThePathForQemu() throws Exception {
        JsonNode available = post("/volumes/disk-a/activate", "{'shared':true}", 200);

        assertThat(available.get("path").asText()).isEqualTo("/dev/pool/disk-a");
        assertThat(orders.given).containsExactly("activate id-a1 shared");
        post("/volumes/disk-a/deactivate", "", 200);
        assertThat(orders.given).contains("deactivate id-a1");
    }

    @Test
    void refusedActivation_isAConflict() throws Exception {
        orders.refusal = Optional.of("host 2 has it");

        assertThat(post("/volumes/disk-a/activate", "{}", 409).get("cause").asText())
                .isEqualTo("volume disk-a: host 2 has it");
    }

    @Test
    void volumeOfADeadHost_isReleased_ofALivingOneNot() throws Exception {
        post("/volumes/disk-a/release", "{'host':3}", 200);
        assertThat(orders.given).containsExactly("operator orders ReleaseVolume[volume=disk-a, host=3]");

        assertThat(post("/volumes/disk-a/release", "{'host':2}", 409)
                        .get("cause")
                        .asText())
                .contains("host 2 gives signs of life");
        assertThat(orders.given).hasSize(1);
    }

    @Test
    void orderThatTakesLong_isSaidToGoOn() throws Exception {
        orders.inTime = false;

        JsonNode answer = answer("DELETE", "/volumes/disk-a", "", "", 202);

        assertThat(answer.get("next").asText()).contains("give the order again");
    }

    @Test
    void orderThatNoSpmAnswers_isUnknown() throws Exception {
        orders.inTime = false;
        served.facts.spmAnswers = false;

        JsonNode failure = answer("DELETE", "/volumes/disk-a", "", "", 503);

        assertThat(failure.get("cause").asText()).isEqualTo("nobody knows whether the order is carried out");
        assertThat(failure.get("next").asText()).contains("give the order again");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "/volumes               | {'virtualSize':'1G'}                | the parameter name is \"\"; allowed is",
                "/volumes               | {'name':'web'}                      | the parameter virtualSize is \"\"; allowed is a size",
                "/volumes               | {'name':'web','virtualSize':'much'} | the parameter virtualSize is \"much\"; allowed is a size",
                "/volumes               | {'name':'web','virtalSize':'1G'}    | the parameter virtalSize is unknown; allowed are by, dryRun, name",
                "/volumes               | {'name':['web']}                    | the parameter name is",
                "/volumes               | [1]                                 | the body is no JSON object",
                "/volumes               | {'name'                             | the body is no JSON: ",
                "/volumes/disk-a/resize | {}                                  | the parameter virtualSize is",
                "/volumes/disk-a/release | {'host':'two'}                     | the parameter host is \"two\"; allowed is a host's number",
                "/luns                  | {'device':'/dev/sdb','force':'yes'} | the parameter force is \"yes\"; allowed is true or false",
                "/vms/vm1/hold          | {'dryRun':true}                     | the parameter dryRun is unknown; allowed is none",
            })
    void badOrder_isRefusedWithItsParameter(String path, String body, String cause) throws Exception {
        assertThat(post(path, body, 400).get("cause").asText()).contains(cause);
        assertThat(orders.given).isEmpty();
    }

    @Test
    void orderInAnotherMediaType_isRefused() throws Exception {
        JsonNode failure = answer("POST", "/volumes", "{}", "text/plain", 415);

        assertThat(failure.get("next").asText()).contains("application/json");
        assertThat(orders.given).isEmpty();
    }

    @Test
    void otherMethods_areNotAllowed_andTheRightOnesAreNamed() throws Exception {
        assertThat(answer("PUT", "/volumes", "{}", JSON, 405).get("next").asText())
                .isEqualTo("use GET or POST");
        assertThat(answer("PUT", "/volumes/disk-a", "{}", JSON, 405).get("next").asText())
                .isEqualTo("use DELETE or GET");
    }

    private static JsonNode get(String path, int status) throws Exception {
        return answer("GET", path, "", "", status);
    }

    private static JsonNode post(String path, String body, int status) throws Exception {
        return answer("POST", path, body.replace('\'', '"'), JSON, status);
    }

    private static JsonNode answer(String method, String path, String body, String type, int status) throws Exception {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(served.url() + "/api/v1" + path))
                .method(method, HttpRequest.BodyPublishers.ofString(body));
        if (!type.isEmpty()) {
            request.header("Content-Type", type);
        }
        HttpResponse<String> response = CLIENT.send(request.build(), HttpResponse.BodyHandlers.ofString());
        assertThat(response.statusCode()).as(response.body()).isEqualTo(status);
        assertThat(response.headers().firstValue("content-type")).contains(JSON);
        return new JsonMapper().readTree(response.body());
    }
}
