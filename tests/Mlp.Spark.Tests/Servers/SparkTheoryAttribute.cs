namespace Mlp.Spark.Tests.Servers;

/// <summary>A theory that needs a real Spark and is skipped, with the reason, where there is none.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class SparkTheoryAttribute : TheoryAttribute
{
    public SparkTheoryAttribute() => Skip = SparkFactAttribute.Missing;
}
