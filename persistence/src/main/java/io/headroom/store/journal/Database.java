package io.headroom.store.journal;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigValueFactory;
import java.util.Map;

/** The database's part of the configuration, in the words of Slick. */
final class Database {
    private static final String PATH = "pekko-persistence-jdbc.shared-databases.slick.";

    private Database() {}

    static Config config(String profile, String driver, String url, Map<String, String> login) {
        Config config = ConfigFactory.parseResources(Database.class.getClassLoader(), "ledger.conf")
                .withValue(PATH + "profile", ConfigValueFactory.fromAnyRef(profile))
                .withValue(PATH + "db.driver", ConfigValueFactory.fromAnyRef(driver))
                .withValue(PATH + "db.url", ConfigValueFactory.fromAnyRef(url));
        for (Map.Entry<String, String> entry : login.entrySet()) {
            config = config.withValue(PATH + "db." + entry.getKey(), ConfigValueFactory.fromAnyRef(entry.getValue()));
        }
        return config;
    }
}
