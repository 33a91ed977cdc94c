using System.Data.Common;
using Mlp.Runtime;
using Quickstart;
using Spectre.Console;

QuickstartOptions options;
try
{
    options = QuickstartOptions.Parse(args);
}
catch (ArgumentException e)
{
    Console.Error.WriteLine(e.Message);
    Console.Error.WriteLine(QuickstartOptions.Usage);
    return 2;
}

if (options.ShowHelp)
{
    Console.WriteLine(QuickstartOptions.Usage);
    return 0;
}

using var stop = new CancellationTokenSource();
Console.CancelKeyPress += (_, press) =>
{
    press.Cancel = true;
    stop.Cancel();
};

try
{
    var run = new QuickstartRun(options, new ConsoleReporter(AnsiConsole.Console));
    var summary = await run.ExecuteAsync(stop.Token);
    SummaryPrinter.Print(AnsiConsole.Console, summary);
    return summary.Failures.Count == 0 ? 0 : 1;
}
catch (OperationCanceledException) when (stop.IsCancellationRequested)
{
    Console.Error.WriteLine("Stopped.");
    return 130;
}
catch (Exception e) when (e is MlPlatformException or IOException or InvalidDataException or UnauthorizedAccessException or DbException)
{
    Console.Error.WriteLine();
    Console.Error.WriteLine(e.Message);
    return 1;
}
