using Mlp.Runtime;
using SparkScoring;

using var stop = new CancellationTokenSource();
Console.CancelKeyPress += (_, press) =>
{
    press.Cancel = !stop.IsCancellationRequested;
    stop.Cancel();
};
try
{
    if (SparkScoringOptions.Parse(args) is not { } options)
    {
        Console.WriteLine(SparkScoringOptions.Usage);
        return 0;
    }

    return await new SparkScoringRun(options, Console.Out).ExecuteAsync(stop.Token) ? 0 : 1;
}
catch (SparkScoringException e)
{
    Console.Error.WriteLine(e.Message);
    return 2;
}
catch (OperationCanceledException) when (stop.IsCancellationRequested)
{
    Console.Error.WriteLine("Stopped before the end.");
    return 130;
}
catch (Exception e) when (e is MlPlatformException or ArgumentException or FormatException or IOException or UnauthorizedAccessException)
{
    // Spark goes on over many lines.
    Console.Error.WriteLine(e.Message.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).FirstOrDefault());
    return 1;
}
