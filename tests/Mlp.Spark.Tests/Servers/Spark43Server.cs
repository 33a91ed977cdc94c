namespace Mlp.Spark.Tests.Servers;

/// <summary>Spark 4.3.0.</summary>
public sealed class Spark43Server() : SparkServer("4.3.0");
