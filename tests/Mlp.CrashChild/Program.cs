using System.Reflection;

namespace Mlp.CrashChild;

internal static class Program
{
    private static async Task<int> Main(string[] arguments)
    {
        var scenarios = Assembly.GetExecutingAssembly().GetTypes()
            .Where(type => type is { IsAbstract: false, IsInterface: false } && type.IsAssignableTo(typeof(ICrashScenario)))
            .Select(type => (ICrashScenario)Activator.CreateInstance(type, nonPublic: true)!)
            .ToDictionary(scenario => scenario.Name, StringComparer.Ordinal);

        if (arguments.Length == 0 || !scenarios.TryGetValue(arguments[0], out var scenario))
        {
            await Console.Error.WriteLineAsync($"Expected a scenario ({string.Join(", ", scenarios.Keys)}), but found '{string.Join(' ', arguments)}'.");
            return 2;
        }

        using var output = Console.OpenStandardOutput();
        await scenario.RunAsync(arguments[1..], line => Print(output, line));
        return 0;
    }

    private static void Print(Stream output, string line)
    {
        var bytes = System.Text.Encoding.UTF8.GetBytes(line + '\n');
        lock (output)
        {
            output.Write(bytes);
        }
    }
}
