using System.Diagnostics;
using System.Globalization;

namespace Mlp.Benchmarks.Spark;

/// <summary>The peer: a Python process with PySpark, which runs one query per line.</summary>
internal sealed class PySparkDriver : IDisposable
{
    /// <summary>The variable that names the folder that <c>peers/install</c> has made.</summary>
    public const string Variable = "MLP_PEERS";

    private readonly Process _process;

    private PySparkDriver(Process process) => _process = process;

    /// <summary>The folder of Python and its packages.</summary>
    /// <exception cref="InvalidOperationException">It was not named, or is none.</exception>
    public static string Folder => Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } folder && File.Exists(Path.Combine(folder, "python", "pyspark", "__init__.py"))
        ? folder
        : throw new InvalidOperationException($"Expected the folder that 'peers/install' of the reference data has made in {Variable}, but found none.");

    /// <summary>The interpreter.</summary>
    public static string Python => Path.Combine(Folder, "bin", "python");

    /// <summary>Where PySpark lies, for the driver and for what Spark starts.</summary>
    public static Dictionary<string, string> Variables => new() { ["PYTHONPATH"] = Path.Combine(Folder, "python") };

    /// <summary>Starts the process and waits until its data is there.</summary>
    /// <param name="connection">Where Spark is.</param>
    /// <param name="data">Folder of Parquet files, which are made where they are missing.</param>
    /// <param name="rows">Number of rows.</param>
    /// <param name="batchRows">Rows of a batch.</param>
    /// <param name="models">Folder of the models.</param>
    public static PySparkDriver Start(string connection, string data, int rows, int batchRows, string models)
    {
        var script = Path.Combine(AppContext.BaseDirectory, "Spark", "spark_scoring_peer.py");
        var start = new ProcessStartInfo(
            Python, [script, connection, data, rows.ToString(CultureInfo.InvariantCulture), batchRows.ToString(CultureInfo.InvariantCulture), models])
        { RedirectStandardInput = true, RedirectStandardOutput = true };
        foreach (var (name, value) in Variables)
        {
            start.Environment[name] = value;
        }

        var driver = new PySparkDriver(Process.Start(start)!);
        return driver.ReadLine() == "ready" ? driver : throw new InvalidOperationException("Expected PySpark to be ready, but it said something else.");
    }

    /// <summary>Runs a query.</summary>
    /// <param name="query">The line that names it.</param>
    public Task<ScoredSum> RunAsync(string query)
    {
        _process.StandardInput.WriteLine(query);
        _process.StandardInput.Flush();
        var words = ReadLine().Split(' ');
        return Task.FromResult(new ScoredSum(
            double.Parse(words[0], CultureInfo.InvariantCulture), long.Parse(words[1], CultureInfo.InvariantCulture), double.Parse(words[2], CultureInfo.InvariantCulture)));
    }

    public void Dispose()
    {
        _process.StandardInput.Close();
        _process.WaitForExit();
        _process.Dispose();
    }

    private string ReadLine() => _process.StandardOutput.ReadLine() ?? throw new InvalidOperationException("Expected PySpark to answer, but its process has ended: see above.");
}
