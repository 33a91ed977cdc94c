using Mlp.Runtime;
using Mlp.Runtime.Statistics.Profiles;
using Mlp.Runtime.Storage;

namespace Mlp.Monitoring.Profiles;

/// <summary>The files with profiles of a model: which count, what they hold, merging those of days that are over, and deleting those that are too old. One process writes, any number reads.</summary>
/// <param name="root">Folder that holds one folder per model.</param>
/// <param name="model">Model name.</param>
internal sealed class ProfileFolder(string root, string model)
{
    /// <summary>A reader that gets little of a processor may find others merging several times in a row.</summary>
    private const int AttemptCount = 100;

    /// <summary>Reads the profiles of files, all as of one moment: another process may be merging them.</summary>
    /// <param name="isWanted">Says of a file whether it is wanted.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <returns>Files that no other one replaces, and the names of those that are replaced.</returns>
    public async Task<(IReadOnlyList<(ProfileFile File, DataProfile Profile)> Files, IReadOnlySet<string> Replaced)> ReadAsync(Func<ProfileFile, bool> isWanted, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            var before = ProfileFile.List(root, model);
            try
            {
                var read = await ReadAsync(before, isWanted, cancellationToken).ConfigureAwait(false);
                if (attempt == AttemptCount || before.SequenceEqual(ProfileFile.List(root, model)))
                {
                    return read;
                }
            }
            catch (FileNotFoundException) when (attempt < AttemptCount)
            {
                // It was merged into another file, which is there now.
            }
        }
    }

    /// <summary>Merges the files of each day that is over into one. Files that cannot be merged, or not be read, stay as they are.</summary>
    /// <param name="over">Days that end at this time or before are over, microseconds.</param>
    /// <param name="isOpen">Says of a path whether it may still be written.</param>
    /// <param name="disk">Where durability comes from.</param>
    /// <param name="onFailure">Told of a file of each day that cannot be merged, and why.</param>
    public void MergeDays(long over, Func<string, bool> isOpen, IDiskSync disk, Action<ProfileFile, Exception> onFailure)
    {
        foreach (var day in ProfileFile.List(root, model).GroupBy(file => (file.Version, file.Variant, file.Day)))
        {
            var files = day.ToArray();
            var end = day.Key.Day + (TimeSpan.TicksPerDay / TimeSpan.TicksPerMicrosecond);
            if (files.Length > 1 && end <= over && !files.Any(file => isOpen(file.Path)))
            {
                try
                {
                    Merge(files, disk);
                }
                catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or MlPlatformException)
                {
                    onFailure(files[0], e);
                }
            }
        }
    }

    /// <summary>Deletes the files whose time is over. Panes go before their day: while it is there, those that it replaces count for nothing.</summary>
    /// <param name="limit">Files that end at this time or before go, microseconds.</param>
    /// <param name="isOpen">Says of a path whether it may still be written.</param>
    /// <param name="disk">Where durability comes from.</param>
    /// <param name="onFailure">Told of each file that cannot be deleted, and why.</param>
    public void DeleteExpired(long limit, Func<string, bool> isOpen, IDiskSync disk, Action<ProfileFile, Exception> onFailure)
    {
        foreach (var file in ProfileFile.List(root, model).Where(file => file.End <= limit && !isOpen(file.Path)).OrderBy(file => file.IsDay))
        {
            try
            {
                DurableFile.Delete(disk, file.Path);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // A day whose panes stay would count them again without it.
                onFailure(file, e);
                return;
            }
        }
    }

    private static async Task<(IReadOnlyList<(ProfileFile File, DataProfile Profile)> Files, IReadOnlySet<string> Replaced)> ReadAsync(IReadOnlyList<ProfileFile> files, Func<ProfileFile, bool> isWanted, CancellationToken cancellationToken)
    {
        var read = new List<(ProfileFile File, DataProfile Profile)>();
        var replaced = new HashSet<string>(StringComparer.Ordinal);
        foreach (var file in files.Where(isWanted).OrderByDescending(file => file.IsDay))
        {
            var bytes = await File.ReadAllBytesAsync(file.Path, cancellationToken).ConfigureAwait(false);
            if (!file.IsDay)
            {
                read.Add((file, DataProfile.Parse(bytes, file.Path)));
                continue;
            }

            var day = ProfileDay.Parse(bytes, file.Path);
            replaced.UnionWith(day.Replaced);
            read.Add((file, day.Profile));
        }

        read.RemoveAll(r => replaced.Contains(r.File.Name));
        return (read, replaced);
    }

    private void Merge(ProfileFile[] files, IDiskSync disk)
    {
        var days = files.Where(file => file.IsDay).Select(file => (File: file, Day: ProfileDay.Parse(File.ReadAllBytes(file.Path), file.Path))).ToArray();
        var replaced = days.SelectMany(day => day.Day.Replaced).ToHashSet(StringComparer.Ordinal);
        var counting = files.Where(file => !replaced.Contains(file.Name)).ToArray();
        if (counting.Length > 1)
        {
            var merged = new DataProfileBuilder();
            foreach (var file in counting)
            {
                merged.Add(days.FirstOrDefault(day => day.File == file).Day?.Profile ?? DataProfile.Load(file.Path));
            }

            var first = files[0];
            var target = ProfileFile.Of(root, model, first.Version, first.Variant, first.Day, TimeSpan.FromDays(1), Guid.NewGuid().ToString("N"), isDay: true);
            DurableFile.Replace(disk, target.Path, new ProfileDay([.. files.Select(file => file.Name)], merged.Build()).ToBytes());
            replaced = [.. files.Select(file => file.Name)];
        }

        foreach (var file in files.Where(file => replaced.Contains(file.Name)))
        {
            DurableFile.Delete(disk, file.Path);
        }
    }
}
