using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace Mlp.TestSupport;

/// <summary>Asks scikit-learn for the same figures: Debian's package, by the interpreter in /usr/bin.</summary>
public static class ScikitLearn
{
    private const string Interpreter = "/usr/bin/python3";

    /// <summary>Why it cannot be asked, or null where it can.</summary>
    public static string? Missing { get; } = FindMissing();

    /// <summary>Runs a script that finds the columns as numpy arrays of their names and fills the dictionary <c>out</c> with numbers or lists of numbers.</summary>
    /// <param name="script">Python, after <c>import numpy as np</c>.</param>
    /// <param name="columns">Columns of one length.</param>
    public static Dictionary<string, double[]> Run(string script, params (string Name, IEnumerable<double> Values)[] columns)
    {
        using var folder = new TempDirectory();
        foreach (var (name, values) in columns)
        {
            File.WriteAllLines(Path.Combine(folder.FullName, name), values.Select(v => v.ToString("R", CultureInfo.InvariantCulture)));
        }

        var head = "import numpy as np, json, warnings\nwarnings.filterwarnings('ignore')\nout = {}\n"
            + string.Concat(columns.Select(c => $"{c.Name} = np.loadtxt('{Path.Combine(folder.FullName, c.Name)}', ndmin=1)\n"));
        var tail = "\nprint(json.dumps({k: [float(x) for x in np.atleast_1d(v).ravel()] for k, v in out.items()}))\n";
        var (exitCode, output, error) = Start(head + script + tail);
        return exitCode == 0
            ? JsonSerializer.Deserialize<Dictionary<string, double[]>>(output, Options)!
            : throw new InvalidOperationException($"Expected the script to end well, but found: {error}");
    }

    private static JsonSerializerOptions Options { get; } = new() { NumberHandling = System.Text.Json.Serialization.JsonNumberHandling.AllowNamedFloatingPointLiterals };

    private static string? FindMissing()
    {
        if (!File.Exists(Interpreter))
        {
            return $"The interpreter '{Interpreter}' is not present on this machine.";
        }

        return Start("import sklearn").ExitCode == 0 ? null : "The package python3-sklearn is not installed on this machine.";
    }

    private static (int ExitCode, string Output, string Error) Start(string script)
    {
        var start = new ProcessStartInfo(Interpreter, ["-"]) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync();
        process.StandardInput.Write(script);
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output, error.GetAwaiter().GetResult());
    }
}
