using System.Globalization;
using Mlp.CrashChild;
using Mlp.Features.Definitions;
using Mlp.Features.Hosting;
using Mlp.Features.Tests.Materialization;
using Mlp.Features.Tests.Offline;
using Mlp.Features.Tests.Online;
using Mlp.Runtime.Data;
using Mlp.TestSupport;

namespace Mlp.Features.Tests.Deletion;

/// <summary>What was deleted never comes back, a deletion that was broken off is completed or never began, and nothing else is lost: by SIGKILL.</summary>
public abstract class DeleteEntityCrashTests(long hotTierSize) : IDisposable
{
    public sealed class WithHotTier() : DeleteEntityCrashTests(OnlineTestViews.SmallHotTier);

    public sealed class WithoutHotTier() : DeleteEntityCrashTests(0);

    private static readonly FeatureCatalog Catalog = new FeaturesBuilder().Add<PushedNumber>().AddService("numbers", 1, service => service.From<PushedNumber>()).Build();

    private readonly TempDirectory _directory = new();

    public void Dispose()
    {
        GC.SuppressFinalize(this);
        _directory.Dispose();
    }

    [Fact]
    public async Task DeleteEntityAsync_ProcessKilledAnywhere_NothingDeletedComesBackAndNothingElseIsLost()
    {
        var random = new Random(20_240_803);
        var root = _directory.Combine("data");
        var there = new HashSet<long>();
        var (next, deletions) = (0L, 0);
        for (var round = 0; round < TestRounds.Count; round++)
        {
            using var child = ChildProcess.StartScenario("delete", root, next.ToString(CultureInfo.InvariantCulture));
            Assert.Equal("start", await child.ReadLineAsync() ?? await child.ReadErrorsAsync());
            var lines = new List<string>();
            for (var wanted = random.Next(0, 12); lines.Count < wanted;)
            {
                lines.Add(await child.ReadLineAsync() ?? throw new InvalidOperationException(await child.ReadErrorsAsync()));
            }

            lines.AddRange(await child.KillAsync());
            foreach (var line in lines)
            {
                var number = long.Parse(line.Split(' ')[1], CultureInfo.InvariantCulture);
                if (line.StartsWith("ack ", StringComparison.Ordinal))
                {
                    there.Add(number);
                    next = number + 1;
                }
                else
                {
                    there.RemoveWhere(other => other % PushedNumber.Entities == number % PushedNumber.Entities);
                    deletions++;
                }
            }

            await using var harness = new FeatureStoreHarness(Catalog, hotTierSize) { Root = root };
            await harness.OpenAsync();
            await harness.Store.FlushAsync();
            var found = Reading.Column<long>(harness.Store, Catalog.Views[0], "number");
            Assert.Equal(found.Count, found.Distinct().Count());

            // A row that was written and not acknowledged may be there. The entity that was being deleted is there as a whole or not at all.
            Assert.DoesNotContain(found.Except(there), number => number != next);
            var lost = there.Except(found).ToList();
            Assert.True(lost.Select(number => number % PushedNumber.Entities).Distinct().Count() <= 1, $"Lost {string.Join(", ", lost)}.");
            Assert.All(lost, number => Assert.Equal((next - 1) % PushedNumber.Entities, number % PushedNumber.Entities));
            Assert.Equal(0, lost.Count == 0 ? 0 : (next - 1) % 3);
            Assert.DoesNotContain(found, number => lost.Count > 0 && number % PushedNumber.Entities == lost[0] % PushedNumber.Entities);
            Assert.Empty(Directory.Exists(Path.Combine(root, "features", "deletions")) ? Directory.EnumerateFiles(Path.Combine(root, "features", "deletions")) : []);
            there = [.. found];
            next = Math.Max(next, found.DefaultIfEmpty().Max() + 1);
            await CheckOnlineAsync(harness, there);
        }

        Assert.NotEqual(0, deletions);
    }

    private static async Task CheckOnlineAsync(FeatureStoreHarness harness, HashSet<long> there)
    {
        var latest = there.GroupBy(number => number % PushedNumber.Entities).ToDictionary(group => group.Key, group => group.Max());
        var rows = await harness.Store.ReadAsync("numbers", Enumerable.Range(0, PushedNumber.Entities).Select(entity => (EntityValue)(long)entity).ToArray());
        for (var entity = 0; entity < PushedNumber.Entities; entity++)
        {
            long? expected = latest.TryGetValue(entity, out var number) ? number : null;
            long? served = rows.StatusOf(entity)[0] == FeatureStatus.Missing ? null : rows.Int64Of(entity)[0];
            Assert.Equal(expected, served);
        }
    }
}
