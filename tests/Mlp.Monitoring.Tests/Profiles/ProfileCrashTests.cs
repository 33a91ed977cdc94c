using System.Globalization;
using Mlp.Monitoring.Profiles;
using Mlp.TestSupport;

namespace Mlp.Monitoring.Tests.Profiles;

public sealed class ProfileCrashTests
{
    /// <summary>A process profiles, saves and merges, this one reads beside it, and then the other is killed: what it said is saved is there once, and every file can be read.</summary>
    [LinuxFact]
    public async Task Save_ProcessKilled_KeepsEveryRowOnce()
    {
        using var folder = new TempDirectory();
        var files = new ProfileFolder(folder.Combine("predictions"), "crash");
        var random = new Random(12);
        long first = 0;
        for (var round = 0; round < TestRounds.Count; round++)
        {
            using var child = ChildProcess.StartScenario("profiles", folder.FullName, first.ToString(CultureInfo.InvariantCulture));
            var acknowledged = first;
            for (var i = random.Next(1, 40); i > 0; i--)
            {
                acknowledged = Number(await child.ReadLineAsync());
                if (i == 20)
                {
                    Assert.InRange(await RequireAsync(files), acknowledged, long.MaxValue);
                }
            }

            foreach (var line in await child.KillAsync())
            {
                acknowledged = Number(line);
            }

            first = await RequireAsync(files);

            // The hundred that it was saving may be there, and not yet be said to be.
            Assert.InRange(first, acknowledged, acknowledged + 100);
        }

        Assert.Contains(ProfileFile.List(folder.Combine("predictions"), "crash"), file => file.IsDay);
    }

    /// <summary>Rows 0 to n − 1 are there, each once.</summary>
    /// <returns>n.</returns>
    private static async Task<long> RequireAsync(ProfileFolder folder)
    {
        var (files, _) = await folder.ReadAsync(_ => true, CancellationToken.None);
        var columns = files.Select(f => f.Profile.Find("number")!).ToArray();
        var rows = columns.Sum(c => c.RowCount);
        Assert.Equal(0, rows % 100);
        if (rows > 0)
        {
            Assert.Equal((0, rows - 1), (columns.Min(c => c.Minimum), (long)columns.Max(c => c.Maximum)));
            Assert.Equal(rows * (rows - 1) / 2.0, columns.Sum(c => c.Mean * c.RowCount), 1e-3);
        }

        return rows;
    }

    private static long Number(string? line)
    {
        Assert.StartsWith("ack ", line, StringComparison.Ordinal);
        return long.Parse(line.AsSpan(4), CultureInfo.InvariantCulture);
    }
}
