using System.Globalization;

namespace Mlp.CrashChild.Steps;

/// <summary>
/// "steps DIRECTORY FILE NOW EVOLVED HOTTIERSIZE": opens the feature store, prints "open", does the steps that the lines of FILE name, and prints "ack N" behind the one with number N, from 0. Then it waits to be killed.
/// </summary>
internal sealed class StepsScenario : ICrashScenario
{
    public string Name => "steps";

    public async Task RunAsync(IReadOnlyList<string> arguments, Action<string> acknowledge)
    {
        var store = new SteppedStore(
            arguments[0], long.Parse(arguments[2], CultureInfo.InvariantCulture), bool.Parse(arguments[3]), long.Parse(arguments[4], CultureInfo.InvariantCulture));
        await store.OpenAsync();
        acknowledge("open");
        foreach (var (number, line) in (await File.ReadAllLinesAsync(arguments[1])).Index())
        {
            await store.RunAsync(StoreStep.Parse(line));
            acknowledge(FormattableString.Invariant($"ack {number}"));
        }

        await Task.Delay(Timeout.Infinite);
    }
}
