namespace Mlp.Spark.Tests.Servers;

/// <summary>A fact that needs the worker's archive, and is skipped where it was not made.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class ShippedWorkerFactAttribute : FactAttribute
{
    public ShippedWorkerFactAttribute() => Skip = ShippedWorker.Missing;
}
