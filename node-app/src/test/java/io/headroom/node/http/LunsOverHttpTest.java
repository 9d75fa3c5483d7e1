package io.headroom.node.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.headroom.lun.Device.Physical;
import io.headroom.lun.DeviceQuestion;
import io.headroom.model.Bytes;
import io.headroom.port.Tenure;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** LUNs that are devices, over hosts and an SPM whose answers the test decides; the SPM is host 2. */
class LunsOverHttpTest {
    private static final HttpClient CLIENT = HttpClient.newHttpClient();
    private static final Physical KNOWN_LUN = new Physical("lun-1", "", "", true);

    @RegisterExtension
    static final ServedFacts served = new ServedFacts();

    private final KnownDevices devices = served.devices;
    private final KnownOrders orders = served.orders;

    @BeforeEach
    void poolOnDevices() {
        devices.areLuns = true;
    }

    @Test
    void deviceThatAllSee_isOrdered() throws Exception {
        post("/luns", "{'device':'/dev/sdb'}", 200);

        assertThat(orders.given).containsExactly("operator orders AddLun[device=/dev/sdb, size=0 B, force=false]");
        assertThat(devices.questions).containsExactly(DeviceQuestion.at("/dev/sdb"));
    }

    @Test
    void otherNameOnAnotherHost_isAskedForByIdentity_andTheSpmsNameIsOrdered() throws Exception {
        devices.hosts.put(2, Map.of("/dev/sdb", "naa.7", "/dev/sdc", "naa.1"));

        post("/luns", "{'device':'/dev/sdb'}", 200);

        assertThat(devices.questions).contains(new DeviceQuestion("/dev/sdb", "naa.1"));
        assertThat(orders.given).containsExactly("operator orders AddLun[device=/dev/sdc, size=0 B, force=false]");
    }

    @Test
    void everythingInTheWay_isSaid_andNothingIsOrdered() throws Exception {
        devices.hosts.put(2, Map.of());
        devices.data = List.of("ext4");

        String cause = post("/luns", "{'device':'/dev/sdb'}", 409).get("cause").asText();

        assertThat(cause)
                .contains("host 2: there is no such device")
                .contains("host 1: it holds ext4; --force does it all the same");
        assertThat(orders.given).isEmpty();
    }

    @Test
    void dataThatAreGivenUp_areSaidInTheOrder() throws Exception {
        devices.data = List.of("ext4");

        post("/luns", "{'device':'/dev/sdb','force':true}", 200);

        assertThat(orders.given).containsExactly("operator orders AddLun[device=/dev/sdb, size=0 B, force=true]");
    }

    @Test
    void forceWithoutNeed_givesNothingUp() throws Exception {
        post("/luns", "{'device':'/dev/sdb','force':true}", 200);

        assertThat(orders.given).containsExactly("operator orders AddLun[device=/dev/sdb, size=0 B, force=false]");
    }

    @Test
    void hostThatLivesAndIsNotReached_isInTheWay() throws Exception {
        devices.hosts.remove(2);
        devices.hosts.put(4, Map.of("/dev/sdb", "naa.1"));

        assertThat(post("/luns", "{'device':'/dev/sdb'}", 409).get("cause").asText())
                .contains("host 2: it lives, by its signs on the storage");
    }

    @Test
    void lunOfThePool_isAnsweredAsDone() throws Exception {
        devices.physical = Optional.of(KNOWN_LUN);

        assertThat(post("/luns", "{'device':'/dev/sdb'}", 200).get("what").asText())
                .isEqualTo("/dev/sdb is a LUN of the pool already, lun-1");
        assertThat(orders.given).isEmpty();
    }

    @Test
    void dryRun_tellsTheChecksFirst_andWhoGetsWhatLast() throws Exception {
        orders.shares = List.of("volume disk-a gets 1 GiB");

        JsonNode steps =
                post("/luns", "{'device':'/dev/sdb','dryRun':true}", 200).get("steps");

        assertThat(steps.get(0).asText()).isEqualTo("checked: hosts 1, 2 see naa.1 with 10 GiB");
        assertThat(steps.get(1).asText()).startsWith("would ");
        assertThat(steps.get(steps.size() - 1).asText()).isEqualTo("then: volume disk-a gets 1 GiB");
        assertThat(orders.given)
                .containsExactly("operator pretends AddLun[device=/dev/sdb, size=10.0 GiB, force=false]");
    }

    @Test
    void sizeOfADevice_isNotTheOperatorsToSay() throws Exception {
        assertThat(post("/luns", "{'device':'/dev/sdb','size':'1G'}", 400)
                        .get("cause")
                        .asText())
                .contains("a device says itself how large it is");
    }

    @Test
    void nameWithABlank_isRefused_withoutAskingAnybody() throws Exception {
        devices.areLuns = false;
        served.facts.spmAnswers = false;

        for (String path : List.of("/luns", "/luns/grow")) {
            assertThat(post(path, "{'device':'a b','size':'1G'}", 400)
                            .get("cause")
                            .asText())
                    .contains("not a device: \"a b\"");
        }
        assertThat(orders.given).isEmpty();
    }

    @Test
    void whatIsNoPathBelowDev_isRefused() throws Exception {
        assertThat(post("/luns", "{'device':'/etc/passwd'}", 400).get("cause").asText())
                .contains("not a device: \"/etc/passwd\"");
    }

    @Test
    void enlargedLun_isFoundByAnyOfItsNames() throws Exception {
        devices.physical = Optional.of(KNOWN_LUN);
        devices.size = Bytes.gibi(200);
        devices.hosts.put(1, Map.of("/dev/sda", "naa.1", "/dev/mapper/san-1", "naa.1"));
        devices.hosts.put(2, Map.of("/dev/sda", "naa.1"));

        for (String name : List.of("lun-1", "/dev/sda", "/dev/mapper/san-1")) {
            post("/luns/grow", "{'device':'" + name + "'}", 200);
        }

        assertThat(orders.given).hasSize(3).containsOnly("operator orders GrowLun[device=/dev/sda, size=0 B]");
    }

    @Test
    void allLuns_areRefreshedThatMayHaveGrown() throws Exception {
        devices.physical = Optional.of(KNOWN_LUN);
        devices.hosts.put(1, Map.of("/dev/sda", "naa.1"));
        devices.hosts.put(2, Map.of("/dev/sda", "naa.1"));
        devices.size = Bytes.gibi(100);

        assertThat(post("/luns/grow", "{}", 200).get("what").asText()).isEqualTo("no LUN has grown");
        assertThat(orders.given).isEmpty();

        devices.size = Bytes.gibi(200);
        post("/luns/grow", "{}", 200);
        assertThat(orders.given).containsExactly("operator orders GrowLun[device=/dev/sda, size=0 B]");
    }

    @Test
    void lunsThatWouldTakeTooLong_areNamed_andTheOthersAreRefreshed() throws Exception {
        devices.physical = Optional.of(KNOWN_LUN);
        devices.hosts.put(1, Map.of("/dev/sda", "naa.1"));
        devices.hosts.put(2, Map.of("/dev/sda", "naa.1"));
        devices.size = Bytes.gibi(200);
        devices.takes = HostDevices.ANOTHER_LUN_WITHIN;
        orders.another = Optional.of(new Tenure.Lun("lun-2", "/dev/sdc", Bytes.gibi(100), Bytes.gibi(60), ""));

        JsonNode answer = post("/luns/grow", "{}", 409);

        assertThat(answer.get("cause").asText())
                .contains("LUN /dev/sdc was not looked at: the others took more than 20 s")
                .contains("LUN /dev/sda has 100 GiB as before");
        assertThat(answer.get("next").asText()).isEqualTo("name it: headroom lun refresh /dev/sdc");
        assertThat(orders.given).containsExactly("operator orders GrowLun[device=/dev/sda, size=0 B]");
    }

    @Test
    void dryRunOfAForcedEnlargement_tellsWhatIsWaived() throws Exception {
        devices.physical = Optional.of(KNOWN_LUN);
        devices.size = Bytes.gibi(200);
        devices.hosts.put(1, Map.of("/dev/sda", "naa.1"));
        devices.hosts.remove(2);

        JsonNode steps = post("/luns/grow", "{'device':'/dev/sda','force':true,'dryRun':true}", 200)
                .get("steps");

        assertThat(steps.get(0).asText()).startsWith("checked: host 1 sees");
        assertThat(steps.get(1).asText()).startsWith("waived by --force: host 2: it lives");
    }

    @Test
    void smallerLun_isNotRefreshed() throws Exception {
        devices.physical = Optional.of(KNOWN_LUN);
        devices.hosts.put(1, Map.of("/dev/sda", "naa.1"));
        devices.hosts.put(2, Map.of("/dev/sda", "naa.1"));

        assertThat(post("/luns/grow", "{'device':'/dev/sda'}", 409).get("cause").asText())
                .contains("less than the 100 GiB that the pool uses");
        assertThat(orders.given).isEmpty();
    }

    @Test
    void unknownLun_isNotRefreshed() throws Exception {
        assertThat(post("/luns/grow", "{'device':'/dev/sdb'}", 409).get("cause").asText())
                .isEqualTo("the pool has no LUN /dev/sdb");
    }

    private static JsonNode post(String path, String body, int status) throws Exception {
        HttpResponse<String> response = CLIENT.send(
                HttpRequest.newBuilder(URI.create(served.url() + "/api/v1" + path))
                        .header("Content-Type", "application/json")
                        .POST(HttpRequest.BodyPublishers.ofString(body.replace('\'', '"')))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
        assertThat(response.statusCode()).as(response.body()).isEqualTo(status);
        return new JsonMapper().readTree(response.body());
    }
}
