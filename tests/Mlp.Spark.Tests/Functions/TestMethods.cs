using System.Globalization;
using Mlp.Spark.Connect;
using Mlp.Spark.Connect.Protocol;
using Mlp.Spark.Functions;
using Mlp.Spark.Scoring;
using Mlp.Spark.Tests.Peer;
using Mlp.TestSupport;

namespace Mlp.Spark.Tests.Functions;

/// <summary>The methods of the test assembly as queries call them.</summary>
internal static class TestMethods
{
    /// <summary>What <c>Daemons</c> gives.</summary>
    public const string ProcessColumns = "id bigint, process bigint";

    private const string BatchSetting = "spark.sql.execution.arrow.maxRecordsPerBatch";

    /// <summary>A method.</summary>
    /// <param name="name">Type and name.</param>
    public static SparkMethod Named(string name)
    {
        var dot = name.IndexOf('.', StringComparison.Ordinal);
        return SparkMethod.FromAssembly(RecordedCommands.Assembly.Path, "Mlp.Spark.TestFunctions." + name[..dot], name[(dot + 1)..]);
    }

    /// <summary>Calls a method of tables without a look at the columns before.</summary>
    /// <param name="table">The table.</param>
    /// <param name="name">Type and name of the method.</param>
    /// <param name="output">What it gives.</param>
    /// <param name="columns">The columns of the table.</param>
    public static SparkDataFrame Map(SparkDataFrame table, string name, string output, params string[] columns) => new(table.Session, table.Plan.Then(input => new Relation
    {
        MapPartitions = new() { Input = input, Func = FunctionPlans.Create("f", FunctionPlans.Tables, RecordedCommands.Call(name), FunctionPlans.Type(output), columns.Select(FunctionPlans.Column)) },
    }));

    /// <summary>Rows of a batch, in the session.</summary>
    public static Task SetBatchRowsAsync(SparkSession session, int rows) => session.Settings.SetAsync(BatchSetting, rows.ToString(CultureInfo.InvariantCulture));

    /// <summary>Numbers with a marker at one of them, in batches of 1,000.</summary>
    public static async Task<SparkDataFrame> MarkedAsync(SparkSession session, long rows, int partitions, string marker, long at)
    {
        await SetBatchRowsAsync(session, 1000);
        return session.Range(0, rows, partitionCount: partitions).SelectSql("id", string.Create(CultureInfo.InvariantCulture, $"CASE WHEN id = {at} THEN '{marker}' END AS marker"));
    }

    /// <summary>Waits for the file of a method that stops.</summary>
    /// <param name="path">The file.</param>
    /// <param name="query">The query that calls the method.</param>
    public static async Task WaitForFileAsync(string path, Task query)
    {
        using var patience = new CancellationTokenSource(WorkerProcess.Patience);
        while (!File.Exists(path))
        {
            Assert.False(query.IsFaulted, query.Exception?.ToString());
            await Task.Delay(20, patience.Token);
        }
    }

    /// <summary>Waits for the marker, and gives the process that wrote it.</summary>
    public static async Task<int> WaitForProcessAsync(string marker, Task query)
    {
        await WaitForFileAsync(marker, query);
        return int.Parse(await File.ReadAllTextAsync(marker), CultureInfo.InvariantCulture);
    }
}
