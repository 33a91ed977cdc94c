using Microsoft.Extensions.Time.Testing;
using Mlp.Runtime.Registry;
using Mlp.TestSupport;

namespace Mlp.Runtime.Tests.Registry;

public sealed class ModelAliasTests : IDisposable
{
    private readonly TempDirectory _folder = new();
    private readonly FakeTimeProvider _time = new(TestRegistry.Start);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task SetAliasAsync_FirstAndSecondMove_AreReadBack()
    {
        var registry = await OpenWithVersionsAsync(2);

        var first = await registry.SetAliasAsync("m", "champion", 1, 0, "first model");
        _time.Advance(TimeSpan.FromHours(1));
        var second = await registry.SetAliasAsync("m", "champion", 2, 1);

        Assert.Equal(new ModelAlias("champion", 1, 1, TestRegistry.Start, null, "first model"), first);
        Assert.Equal(new ModelAlias("champion", 2, 2, TestRegistry.Start.AddHours(1), 1, null), second);
        Assert.Equal(second, TestRegistry.Open(_folder.FullName).FindAlias("m", "champion"));
    }

    [Fact]
    public async Task SetAliasAsync_ManyMoves_TheHighestNumberCountsAndHistoryIsKept()
    {
        var registry = await OpenWithVersionsAsync(2);

        for (var revision = 0; revision < 12; revision++)
        {
            await registry.SetAliasAsync("m", "champion", 1 + (revision % 2), revision);
        }

        Assert.Equal((12L, 2), (registry.FindAlias("m", "champion")!.Revision, registry.FindAlias("m", "champion")!.Version));
        Assert.Equal(12, Directory.GetFiles(_folder.Combine("registry", "models", "m", "aliases", "champion")).Length);
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(2, 1)]
    public async Task SetAliasAsync_AnotherRevisionThanFound_Conflicts(long expected, long actual)
    {
        var registry = await OpenWithVersionsAsync(1);
        await registry.SetAliasAsync("m", "champion", 1, 0);

        var error = await Assert.ThrowsAsync<AliasConflictException>(() => registry.SetAliasAsync("m", "champion", 1, expected));

        Assert.Equal(("m", "champion", expected, actual, true), (error.Model, error.Alias, error.ExpectedRevision, error.ActualRevision, error.IsTransient));
        Assert.Equal(1, registry.FindAlias("m", "champion")!.Revision);
    }

    [Fact]
    public async Task SetAliasAsync_VersionThatDoesNotExist_IsRefused()
    {
        var registry = await OpenWithVersionsAsync(1);

        var error = await Assert.ThrowsAsync<ModelNotFoundException>(() => registry.SetAliasAsync("m", "champion", 2, 0));

        Assert.Equal("Expected version 2 of model 'm' for alias 'champion', but found no such version.", error.Message);
        Assert.Null(registry.FindAlias("m", "champion"));
    }

    [Fact]
    public async Task SetAliasAsync_EightMoversFromTheSameRevision_ExactlyOneWins()
    {
        const int Movers = 8;
        var registries = new List<FileModelRegistry> { await OpenWithVersionsAsync(Movers) };
        registries.AddRange(Enumerable.Range(1, Movers - 1).Select(_ => TestRegistry.Open(_folder.FullName)));
        for (var revision = 0L; revision < TestRounds.Count; revision++)
        {
            using var start = new Barrier(Movers);
            var results = await Task.WhenAll(registries.Select((registry, i) => Task.Factory.StartNew(
                () => MoveAsync(registry, i + 1, revision, start), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default).Unwrap()));

            var winner = Assert.Single(results, r => r is not null)!;
            Assert.Equal(winner, registries[0].FindAlias("m", "champion"));
            Assert.Equal(revision + 1, winner.Revision);
        }
    }

    [Fact]
    public async Task SetAliasAsync_DeviceRefusesBeforeTheMove_AliasStays()
    {
        var registry = await OpenWithVersionsAsync(2);
        await registry.SetAliasAsync("m", "champion", 1, 0);
        var faulty = TestRegistry.Open(_folder.FullName, new RecordingDiskSync
        {
            OnSync = (kind, path) =>
            {
                if (kind == "file")
                {
                    throw new IOException($"No space left: {path}");
                }
            },
        });

        await Assert.ThrowsAsync<IOException>(() => faulty.SetAliasAsync("m", "champion", 2, 1));

        Assert.Equal(1, registry.FindAlias("m", "champion")!.Version);
        Assert.Equal(2, (await registry.SetAliasAsync("m", "champion", 2, 1)).Version);
    }

    [Theory]
    [InlineData("{\"format\": \"mlp-model-alias\", \"formatVersion\": 1, \"model\": \"m\"")]
    [InlineData("{}")]
    [InlineData("{\"format\":\"mlp-model-alias\",\"formatVersion\":1,\"model\":\"m\",\"alias\":\"champion\",\"revision\":7,\"version\":1,\"movedAt\":\"2024-06-01T12:00:00+00:00\"}")]
    public async Task FindAlias_DamagedFile_NamesIt(string json)
    {
        var registry = await OpenWithVersionsAsync(1);
        await registry.SetAliasAsync("m", "champion", 1, 0);
        var path = _folder.Combine("registry", "models", "m", "aliases", "champion", "1.json");
        File.WriteAllText(path, json);

        Assert.Equal(path, Assert.Throws<CorruptFileException>(() => registry.FindAlias("m", "champion")).Path);
    }

    [Fact]
    public async Task FindAlias_NewerFormat_IsRefused()
    {
        var registry = await OpenWithVersionsAsync(1);
        await registry.SetAliasAsync("m", "champion", 1, 0);
        File.WriteAllText(_folder.Combine("registry", "models", "m", "aliases", "champion", "2.json"), """{"format": "mlp-model-alias", "formatVersion": 2, "version": "none"}""");

        Assert.Equal(2, Assert.Throws<UnsupportedFormatVersionException>(() => registry.FindAlias("m", "champion")).Found);
    }

    [Fact]
    public async Task FindAlias_RemovedAlias_IsNoneAndCanBeSetAnew()
    {
        var registry = await OpenWithVersionsAsync(1);
        await registry.SetAliasAsync("m", "champion", 1, 0);
        File.WriteAllText(
            _folder.Combine("registry", "models", "m", "aliases", "champion", "2.json"),
            """{"format":"mlp-model-alias","formatVersion":1,"model":"m","alias":"champion","revision":2,"version":null,"previousVersion":1,"movedAt":"2024-06-01T12:00:00Z"}""");

        Assert.Null(registry.FindAlias("m", "champion"));
        Assert.Equal(2, (await Assert.ThrowsAsync<AliasConflictException>(() => registry.SetAliasAsync("m", "champion", 1, 1))).ActualRevision);

        var again = await registry.SetAliasAsync("m", "champion", 1, 0);
        Assert.Equal((1, 3L, (int?)null), (again.Version, again.Revision, again.PreviousVersion));
        Assert.Equal(again, registry.FindAlias("m", "champion"));
    }

    [Fact]
    public async Task FindAlias_OnlyRequiredKeys_IsRead()
    {
        var registry = await OpenWithVersionsAsync(1);
        var folder = Directory.CreateDirectory(_folder.Combine("registry", "models", "m", "aliases", "champion")).FullName;
        File.WriteAllText(
            Path.Combine(folder, "1.json"),
            """{"laterAddition":[{}],"format":"mlp-model-alias","formatVersion":1,"model":"m","alias":"champion","revision":1,"version":1,"movedAt":"2024-06-01T12:00:00Z"}""");

        Assert.Equal(new ModelAlias("champion", 1, 1, TestRegistry.Start, null, null), registry.FindAlias("m", "champion"));
    }

    [Fact]
    public async Task FindAlias_CommittedFixtureOfFormatOne_IsRead()
    {
        var registry = await OpenWithVersionsAsync(1);
        var folder = Directory.CreateDirectory(_folder.Combine("registry", "models", "m", "aliases", "champion")).FullName;
        File.Copy(Path.Combine(AppContext.BaseDirectory, "Registry", "Fixtures", "alias-v1.json"), Path.Combine(folder, "4.json"));

        var expected = new ModelAlias("champion", 5, 4, TestRegistry.Start.AddTicks(1), 3, "AUC 0.941 against 0.938");
        Assert.Equal(expected, registry.FindAlias("m", "champion"));
    }

    [Fact]
    public async Task ReadsAndLists_UnfinishedFiles_AreIgnored()
    {
        var registry = await OpenWithVersionsAsync(1);
        await registry.SetAliasAsync("m", "champion", 1, 0);
        var model = _folder.Combine("registry", "models", "m");
        File.WriteAllText(Path.Combine(model, "aliases", "champion", ".tmp-0123"), "{");
        Directory.CreateDirectory(Path.Combine(model, "versions", ".tmp-4567"));
        Directory.CreateDirectory(_folder.Combine("registry", "models", "unfinished", "versions", ".tmp-89"));

        Assert.Equal(1, registry.FindAlias("m", "champion")!.Revision);
        Assert.Equal([1], registry.ListVersions("m"));
        Assert.Equal(["m"], registry.ListModels());
    }

    private async Task<FileModelRegistry> OpenWithVersionsAsync(int count)
    {
        var registry = TestRegistry.Open(_folder.FullName, time: _time);
        for (var i = 0; i < count; i++)
        {
            await registry.PublishAsync("m", TestRegistry.Package());
        }

        return registry;
    }

    private static async Task<ModelAlias?> MoveAsync(FileModelRegistry registry, int version, long revision, Barrier start)
    {
        start.SignalAndWait();
        try
        {
            return await registry.SetAliasAsync("m", "champion", version, revision);
        }
        catch (AliasConflictException)
        {
            return null;
        }
    }
}
