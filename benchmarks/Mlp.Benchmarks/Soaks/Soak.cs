namespace Mlp.Benchmarks.Soaks;

/// <summary>Long runs that look for what a benchmark cannot see: failures among millions of calls, and memory that grows.</summary>
internal static class Soak
{
    /// <summary>The run that a command asks for.</summary>
    /// <param name="command">The command.</param>
    /// <returns>The run, which returns an exit code; null if the command is none.</returns>
    public static Func<SoakArguments, Task<int>>? Find(string command) => command switch
    {
        "swap-soak" => SwapSoak.RunAsync,
        "rotation-soak" => RotationSoak.RunAsync,
        "serving-soak" => ServingSoak.RunAsync,
        Spark.SparkSoak.Command => Spark.SparkSoak.RunAsync,
        "training-soak" => Training.TrainingSoak.RunAsync,
        _ => null,
    };
}
