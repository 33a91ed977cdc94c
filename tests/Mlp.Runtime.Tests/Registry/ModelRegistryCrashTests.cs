using System.Globalization;
using Mlp.Runtime.Models;
using Mlp.Runtime.Registry;
using Mlp.TestSupport;

namespace Mlp.Runtime.Tests.Registry;

/// <summary>Nothing acknowledged is lost and nothing half-done is seen: by SIGKILL and by a power cut, while versions are published and an alias moves.</summary>
public sealed class ModelRegistryCrashTests : IDisposable
{
    private const int Publishers = 3;
    private const string Model = "tips";
    private const string Alias = "champion";

    private readonly TempDirectory _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task PublishAsync_ProcessKilledAnywhere_EverythingAcknowledgedIsThere()
    {
        var data = _folder.Combine("data");
        var onnx = _folder.Combine("model.onnx");
        File.WriteAllBytes(onnx, OnnxBytes.Linear());
        var random = new Random(20_240_603);
        var acknowledged = new Acknowledged();
        for (var round = 0; round < TestRounds.Count; round++)
        {
            using var child = ChildProcess.StartScenario("registry", data, onnx, Publishers.ToString(CultureInfo.InvariantCulture));
            for (var wanted = random.Next(1, 40); wanted > 0; wanted--)
            {
                acknowledged.Add(await child.ReadLineAsync() ?? throw new InvalidOperationException(await child.ReadErrorsAsync()));
            }

            foreach (var line in await child.KillAsync())
            {
                acknowledged.Add(line);
            }

            await AssertWholeAsync(data, acknowledged);
        }
    }

    [LinuxFact]
    public async Task PublishAsync_PowerCutAnywhere_EverythingAcknowledgedIsThere()
    {
        var random = new Random(20_240_604);
        var data = Directory.CreateDirectory(_folder.Combine("0")).FullName;
        var before = new Acknowledged();
        for (var round = 1; round <= TestRounds.Count; round++)
        {
            using var disk = new UnsyncedLossDisk(data);
            var registry = TestRegistry.Open(data, disk);
            var acknowledged = new Acknowledged();
            using var reached = new SemaphoreSlim(0);
            using var stop = new CancellationTokenSource();
            var publishers = Enumerable.Range(0, Publishers).Select(_ => Task.Run(() => PublishUntilStoppedAsync(registry, acknowledged, reached, stop.Token))).ToArray();
            for (var wanted = random.Next(1, 12); wanted > 0; wanted--)
            {
                await reached.WaitAsync();
            }

            var atTheCut = acknowledged.Copy();
            var found = disk.Crash(_folder.Combine(FormattableString.Invariant($"{round}")));
            await stop.CancelAsync();
            await Task.WhenAll(publishers);

            before.Add(atTheCut);
            await AssertWholeAsync(found, before);
            data = found;
        }
    }

    private static async Task PublishUntilStoppedAsync(
        FileModelRegistry registry, Acknowledged acknowledged, SemaphoreSlim reached, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            var profile = System.Text.Encoding.UTF8.GetBytes($$"""{"format":"mlp-reference-profile","formatVersion":1,"rowCount":0,"features":[],"id":"{{Guid.NewGuid()}}"}""");
            var manifest = await registry.PublishAsync(Model, TestRegistry.Package() with { ReferenceProfile = profile }, CancellationToken.None);
            acknowledged.AddVersion(manifest.Version);
            try
            {
                var moved = await registry.SetAliasAsync(
                    Model, Alias, manifest.Version, registry.FindAlias(Model, Alias)?.Revision ?? 0, cancellationToken: CancellationToken.None);
                acknowledged.AddMove(moved.Revision, moved.Version);
            }
            catch (AliasConflictException)
            {
                // Another publisher was faster.
            }

            reached.Release();
        }
    }

    /// <summary>Everything acknowledged is there as it was, and everything visible is whole.</summary>
    private static async Task AssertWholeAsync(string data, Acknowledged acknowledged)
    {
        var registry = TestRegistry.Open(data);
        var versions = registry.ListVersions(Model);
        Assert.Equal(Enumerable.Range(1, versions.Count), versions);
        Assert.Empty(acknowledged.Versions.Except(versions));
        foreach (var version in versions)
        {
            var manifest = Assert.IsType<ModelManifest>(registry.FindVersion(Model, version));
            Assert.NotEmpty(await registry.ReadOnnxAsync(manifest));
            Assert.NotEmpty((await registry.ReadReferenceProfileAsync(manifest))!);
        }

        foreach (var (revision, version) in acknowledged.Moves)
        {
            var path = Path.Combine(data, "registry", "models", Model, "aliases", Alias, revision.ToString(CultureInfo.InvariantCulture) + ".json");
            Assert.Contains($"\"version\": {version.ToString(CultureInfo.InvariantCulture)},", await File.ReadAllTextAsync(path), StringComparison.Ordinal);
        }

        if (acknowledged.Moves.Count > 0)
        {
            var alias = registry.FindAlias(Model, Alias)!;
            Assert.True(alias.Revision >= acknowledged.Moves.Keys.Max());
            Assert.Contains(alias.Version, versions);
        }
    }

    /// <summary>What was reported as done. Safe for many threads.</summary>
    private sealed class Acknowledged
    {
        private readonly Lock _gate = new();

        public HashSet<int> Versions { get; } = [];

        public Dictionary<long, int> Moves { get; } = [];

        public void Add(string line)
        {
            switch (line.Split(' '))
            {
                case ["version", var version]:
                    AddVersion(int.Parse(version, CultureInfo.InvariantCulture));
                    break;
                case ["alias", var revision, var version]:
                    AddMove(long.Parse(revision, CultureInfo.InvariantCulture), int.Parse(version, CultureInfo.InvariantCulture));
                    break;
                default:
                    throw new InvalidOperationException($"Unexpected line '{line}'.");
            }
        }

        public void Add(Acknowledged other)
        {
            Versions.UnionWith(other.Versions);
            foreach (var (revision, version) in other.Moves)
            {
                Moves[revision] = version;
            }
        }

        /// <summary>A version that is acknowledged twice would have been handed out twice.</summary>
        public void AddVersion(int version)
        {
            lock (_gate)
            {
                Assert.True(Versions.Add(version), FormattableString.Invariant($"Version {version} was handed out twice."));
            }
        }

        public void AddMove(long revision, int version)
        {
            lock (_gate)
            {
                Assert.True(Moves.TryAdd(revision, version), FormattableString.Invariant($"Revision {revision} was won twice."));
            }
        }

        public Acknowledged Copy()
        {
            lock (_gate)
            {
                var copy = new Acknowledged();
                copy.Add(this);
                return copy;
            }
        }
    }
}
