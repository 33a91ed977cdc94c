using Quickstart;
using Spectre.Console;

using var stop = new CancellationTokenSource();
ConsoleCancelEventHandler onPress = (_, press) =>
{
    // The first press stops in order, a second one at once.
    press.Cancel = !stop.IsCancellationRequested;
    stop.Cancel();
};

Console.CancelKeyPress += onPress;
try
{
    return await QuickstartCommand.RunAsync(args, AnsiConsole.Console, Console.Error, stop.Token);
}
finally
{
    Console.CancelKeyPress -= onPress;
}
