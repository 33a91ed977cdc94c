namespace Mlp.Spark.Tests.Servers;

/// <summary>Spark 3.5.9.</summary>
public sealed class Spark35Server() : SparkServer("3.5.9");
