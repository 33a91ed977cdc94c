using System.Text.RegularExpressions;
using Mlp.CrashChild.Steps;
using Mlp.Features.Tests.Model;
using Mlp.Features.Tests.Online;
using Mlp.Runtime;
using Mlp.TestSupport;

namespace Mlp.Features.Tests.Faults;

/// <summary>Every kind of file of a feature store is damaged in every way: the store says which, or holds all that it held. It is never a little emptier.</summary>
public sealed partial class DamagedFileTests : IDisposable
{
    // From here on the store is one that was closed, so that all its files are whole.
    private static readonly StoreStep[] History =
    [
        .. Enumerable.Range(0, 40).Select(i => new StoreStep(StoreStepKind.Push, (byte)(i * 5), (byte)(8 - (i % 7)), (byte)(16 + i))),
        new(StoreStepKind.Ingest, 0, 5, 3), new(StoreStepKind.Ingest, 5, 4, 5), new(StoreStepKind.CompactOffline, 0, 0, 0), new(StoreStepKind.Materialize, 0, 0, 0),
        new(StoreStepKind.Checkpoint, 0, 0, 0), new(StoreStepKind.Push, 5, 8, 17), new(StoreStepKind.Evolve, 0, 0, 0), new(StoreStepKind.Checkpoint, 0, 0, 0), new(StoreStepKind.Push, 3, 8, 20),
        new(StoreStepKind.Flush, 0, 0, 0), new(StoreStepKind.Push, 0, 8, 24), new(StoreStepKind.Checkpoint, 0, 0, 0), new(StoreStepKind.Push, 0, 8, 17),
    ];

    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData(Damage.Flip)]
    [InlineData(Damage.Truncate)]
    [InlineData(Damage.Delete)]
    [InlineData(Damage.Zero)]
    public async Task OpenAsync_AnyFileDamaged_NamesItOrHoldsEverything(Damage damage)
    {
        var (whole, now, expected) = await CreateAsync();
        var failures = new List<string>();
        var told = 0;
        var copies = 0;
        foreach (var file in FilesOf(whole).GroupBy(KindOf).SelectMany(kind => new[] { kind.First(), kind.Last() }.Distinct()))
        {
            var copy = _directory.Combine($"copy-{copies++}");
            Copy(whole, copy);
            Apply(damage, Path.Combine(copy, file));
            try
            {
                var store = new SteppedStore(copy, now, evolved: true, hotTierSize: 0);
                var found = await ObserveAsync(store);
                if (!found.SequenceEqual(expected))
                {
                    failures.Add($"{file}: other rows, and nothing was said. {string.Join("; ", expected.Except(found).Take(2))} became {string.Join("; ", found.Except(expected).Take(2))}");
                }
            }
            catch (MlPlatformException error)
            {
                told++;
                if (!error.Message.Contains(Path.GetFileName(file), StringComparison.Ordinal) && !error.Message.Contains(Path.GetFileName(Path.GetDirectoryName(file))!, StringComparison.Ordinal))
                {
                    failures.Add($"{file}: not named by '{error.Message}'");
                }
            }
            catch (Exception error) when (error is not Xunit.Sdk.XunitException)
            {
                failures.Add($"{file}: {error.GetType().Name} {error.Message}");
            }
        }

        Assert.True(failures.Count == 0, string.Join(Environment.NewLine, failures));
        Assert.True(told > 2);
    }

    private static async Task<List<string>> ObserveAsync(SteppedStore store)
    {
        await store.OpenAsync();
        try
        {
            return [.. await StoreObservation.ReadOnlineAsync(store, 0), .. await StoreObservation.ReadOfflineAsync(store)];
        }
        finally
        {
            await store.AbandonAsync();
        }
    }

    private static List<string> FilesOf(string root)
        => [.. Directory.EnumerateFiles(root, "*", SearchOption.AllDirectories).Select(path => Path.GetRelativePath(root, path)).Where(path => new FileInfo(Path.Combine(root, path)).Length > 0).Order(StringComparer.Ordinal)];

    /// <summary>A path without what numbers and names make of it.</summary>
    private static string KindOf(string path) => Numbers().Replace(path, "N");

    [GeneratedRegex("[0-9a-f]{8}-[0-9a-f-]{27}|[0-9]+(-[0-9]+)*")]
    private static partial Regex Numbers();

    private static void Apply(Damage damage, string path)
    {
        var bytes = File.ReadAllBytes(path);
        switch (damage)
        {
            case Damage.Flip:
                bytes[bytes.Length / 2] ^= 0x10;
                File.WriteAllBytes(path, bytes);
                break;
            case Damage.Truncate:
                File.WriteAllBytes(path, bytes[..(bytes.Length / 2)]);
                break;
            case Damage.Delete:
                File.Delete(path);
                break;
            case Damage.Zero:
                File.WriteAllBytes(path, new byte[bytes.Length]);
                break;
        }
    }

    private static void Copy(string from, string to)
    {
        foreach (var directory in Directory.EnumerateDirectories(from, "*", SearchOption.AllDirectories).Prepend(from))
        {
            Directory.CreateDirectory(Path.Combine(to, Path.GetRelativePath(from, directory)));
        }

        foreach (var file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
        {
            File.Copy(file, Path.Combine(to, Path.GetRelativePath(from, file)));
        }
    }

    private async Task<(string Root, long Now, List<string> Expected)> CreateAsync()
    {
        var root = _directory.Combine("whole");
        var store = new SteppedStore(root, OnlineTestViews.Start, evolved: false, hotTierSize: 0);
        await store.OpenAsync();
        foreach (var step in History)
        {
            await store.RunAsync(step);
        }

        await store.AbandonAsync();
        var copy = _directory.Combine("again");
        Copy(root, copy);
        return (root, store.Now, await ObserveAsync(new SteppedStore(copy, store.Now, evolved: true, hotTierSize: 0)));
    }

    /// <summary>What happens to a file.</summary>
    public enum Damage
    {
        Flip,
        Truncate,
        Delete,
        Zero,
    }
}
