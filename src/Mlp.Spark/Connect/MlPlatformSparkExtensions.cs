using System.ComponentModel.DataAnnotations;
using Mlp.Features;
using Mlp.Spark.Connect;

namespace Mlp.Runtime.Hosting;

/// <summary>Spark, with the models and on-demand features of a platform.</summary>
public static class MlPlatformSparkExtensions
{
    extension(MlPlatform platform)
    {
        /// <summary>A new session of a Spark Connect server, which finds models in the registry of the platform, and on-demand views among its features. The connection is made by its first call; dispose of the session when done.</summary>
        /// <param name="connection">The connection string, for example <c>sc://localhost:15002</c>.</param>
        /// <param name="options">Settings; null for the defaults.</param>
        /// <exception cref="FormatException">It is no connection string.</exception>
        /// <exception cref="ValidationException">A setting is out of its range.</exception>
        /// <exception cref="ArgumentException">The shared folder is a URI, or a relative path.</exception>
        public SparkSession Spark(string connection, SparkSessionOptions? options = null)
            => new(SparkConnectionString.Parse(connection), options, platform.Registry, platform.FindPart<FeatureStore>());
    }
}
