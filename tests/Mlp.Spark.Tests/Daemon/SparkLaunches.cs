using Mlp.Runtime.Data;
using Mlp.Spark.Connect;
using Mlp.Spark.Scoring;
using Mlp.Spark.Tests.Connect;
using Mlp.Spark.Tests.Functions;
using Mlp.Spark.Tests.Functions.Models;
using Mlp.Spark.Tests.Servers;
using Mlp.TestSupport;

namespace Mlp.Spark.Tests.Daemon;

/// <summary>What is run on servers that start and meet their workers in different ways.</summary>
internal static class SparkLaunches
{
    /// <summary>Runs a method in four tasks.</summary>
    /// <returns>The processes that ran them.</returns>
    public static async Task<IReadOnlyList<int>> RunMethodAsync(SparkServer server)
    {
        await using var session = await server.ConnectAsync();

        var rows = await CollectedRows.OfAsync(session.Range(0, 5000, partitionCount: 4).Apply(TestMethods.Named("Daemons.Processes"), TestMethods.ProcessColumns));

        Assert.Equal(Enumerable.Range(0, 5000).Select(i => (long?)i), rows.Int64(0).Order());
        return [.. rows.Int64(1).Distinct().Select(p => (int)p!.Value)];
    }

    /// <summary>Scores a table and a column.</summary>
    public static async Task ScoreAsync(SparkServer server)
    {
        await using var session = await server.ConnectAsync();
        await using var package = await TestPackage.CreateLinearAsync(features: [new("a", FeatureType.Float32), new("b", FeatureType.Float32), new("c", FeatureType.Float32)]);
        var model = SparkModel.FromPackage(package.File.Path);
        var table = session.Sql("SELECT * FROM VALUES (1L, 1.0F, 2.0F, 3.0F), (2L, -1.0F, -1.0F, -1.0F) AS t(id, a, b, c)");

        var scored = await CollectedRows.OfAsync(table.Score(model, new() { Keep = ["id"] }).OrderBy("id"));
        var column = await CollectedRows.OfAsync(table.WithColumn("s", session.ScoreColumn(model)).Select("id", "s").OrderBy("id"));

        Assert.Equal([12.0, -6.0], scored.Double(1));
        Assert.Equal([12.0, -6.0], column.Double(1));
    }

    /// <summary>Interrupts a query whose method computes: it is told, and the daemon goes on.</summary>
    public static async Task InterruptAsync(SparkServer server)
    {
        using var folder = new TempDirectory();
        var marker = folder.Combine("marker");
        await using var session = await server.ConnectAsync();
        var table = await TestMethods.MarkedAsync(session, 20_000, partitions: 2, marker, at: 15_500);
        var running = Record.ExceptionAsync(() => table.Apply(TestMethods.Named("Daemons.Wait"), TestMethods.ProcessColumns).CountAsync());
        var process = await TestMethods.WaitForProcessAsync(marker, running);

        Assert.Equal(1, await session.InterruptAsync());

        Assert.Contains("cancel", Assert.IsType<SparkException>(await running).Message, StringComparison.OrdinalIgnoreCase);
        await TestMethods.WaitForFileAsync(marker + ".cancelled", Task.CompletedTask);
        await AssertProcessAsync(session, process);
    }

    /// <summary>The session has one daemon, which is the process.</summary>
    public static async Task AssertProcessAsync(SparkSession session, int process)
    {
        var rows = await CollectedRows.OfAsync(session.Range(0, 4, partitionCount: 2).Apply(TestMethods.Named("Daemons.Processes"), TestMethods.ProcessColumns));
        Assert.Equal(process, Assert.Single(rows.Int64(1).Distinct()));
    }
}
