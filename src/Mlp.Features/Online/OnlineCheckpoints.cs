using System.Globalization;
using System.Text.Json;
using Mlp.Runtime;
using Mlp.Runtime.Storage;

namespace Mlp.Features.Online;

/// <summary>The folders of checkpoints, one per number. A folder gets its name when all of it is on the device.</summary>
/// <param name="directory">Existing directory.</param>
/// <param name="disk">Where durability comes from.</param>
internal sealed class OnlineCheckpoints(string directory, IDiskSync disk)
{
    /// <summary>Creates a folder without a name yet.</summary>
    internal string Stage() => Directory.CreateDirectory(DurableFile.TemporaryPath(directory)).FullName;

    /// <summary>Removes a folder without a name. What cannot be removed now, because the row store still writes to it, goes at the next opening.</summary>
    /// <param name="staged">The folder.</param>
    internal static void Discard(string staged)
    {
        try
        {
            Directory.Delete(staged, recursive: true);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // See RemoveUnfinished.
        }
    }

    /// <summary>Path of a checkpoint.</summary>
    /// <param name="number">Its number.</param>
    internal string PathOf(long number) => Path.Combine(directory, number.ToString("D10", CultureInfo.InvariantCulture));

    /// <summary>Path of the manifest of a checkpoint.</summary>
    /// <param name="number">Its number.</param>
    internal string ManifestOf(long number) => Path.Combine(PathOf(number), OnlineCheckpointManifest.FileName);

    /// <summary>Whether a path is a checkpoint's folder or a file in it.</summary>
    /// <param name="number">Number of the checkpoint.</param>
    /// <param name="path">The path.</param>
    internal bool IsPartOf(long number, string path) => path == PathOf(number) || Path.GetDirectoryName(path) == PathOf(number);

    /// <summary>The checkpoints that are there, newest first.</summary>
    internal List<long> List()
    {
        var numbers = new List<long>();
        foreach (var path in Directory.EnumerateDirectories(directory))
        {
            if (long.TryParse(Path.GetFileName(path.AsSpan()), NumberStyles.None, CultureInfo.InvariantCulture, out var number))
            {
                numbers.Add(number);
            }
        }

        numbers.Sort((left, right) => right.CompareTo(left));
        return numbers;
    }

    /// <summary>Removes what interrupted checkpoints left behind.</summary>
    internal void RemoveUnfinished()
    {
        foreach (var path in Directory.EnumerateDirectories(directory).Where(DurableFile.IsTemporary))
        {
            Directory.Delete(path, recursive: true);
        }
    }

    /// <summary>Hashes the files of a staged checkpoint.</summary>
    /// <param name="staged">The folder.</param>
    internal static List<OnlineCheckpointFile> Describe(string staged)
        => [.. Directory.EnumerateFiles(staged).Order(StringComparer.Ordinal).Select(path => new OnlineCheckpointFile(Path.GetFileName(path), new FileInfo(path).Length, FileHash.Of(path)))];

    /// <summary>Writes the manifest and gives the folder its name.</summary>
    /// <param name="staged">The folder.</param>
    /// <param name="manifest">The manifest.</param>
    internal void Publish(string staged, OnlineCheckpointManifest manifest)
    {
        File.WriteAllBytes(Path.Combine(staged, OnlineCheckpointManifest.FileName), DocumentSeal.Add(JsonSerializer.SerializeToUtf8Bytes(manifest, OnlineJson.Default.OnlineCheckpointManifest)));
        if (!DurableFile.PublishDirectory(disk, staged, PathOf(manifest.Number)))
        {
            throw new IOException($"Expected checkpoint {manifest.Number} of the online store to be new, but '{PathOf(manifest.Number)}' exists.");
        }
    }

    /// <summary>Reads the manifest of a checkpoint and checks its files against it.</summary>
    /// <param name="number">Number of the checkpoint.</param>
    /// <exception cref="CorruptFileException">A file is missing or is not what was written.</exception>
    /// <exception cref="UnsupportedFormatVersionException">A newer version wrote it.</exception>
    internal OnlineCheckpointManifest Load(long number)
    {
        var folder = PathOf(number);
        var path = ManifestOf(number);
        if (!File.Exists(path))
        {
            throw new CorruptFileException(path, $"Expected the manifest '{path}' of a checkpoint of the online store, but it is missing.");
        }

        var manifest = VersionedJson.Read(File.ReadAllBytes(path), path, OnlineCheckpointManifest.FormatValue, OnlineCheckpointManifest.CurrentFormatVersion, OnlineJson.Default.OnlineCheckpointManifest);
        if (manifest.RowFormatVersion > OnlineRowLayout.FormatVersion)
        {
            throw new UnsupportedFormatVersionException(path, manifest.RowFormatVersion, OnlineRowLayout.FormatVersion);
        }

        if (manifest.Files.Any(file => file is null) || manifest.Views.Any(view => view is null))
        {
            throw new CorruptFileException(path, $"Expected files and views in '{path}', but found null among them.");
        }

        if (manifest.Number != number)
        {
            throw new CorruptFileException(path, $"Expected checkpoint {number} of the online store in '{path}', but found number {manifest.Number}.");
        }

        foreach (var file in manifest.Files)
        {
            Check(Path.Combine(folder, file.Name), file);
        }

        return manifest;
    }

    /// <summary>Removes a checkpoint, and the removal is on the device.</summary>
    /// <param name="number">Its number.</param>
    internal void Remove(long number)
    {
        // Renamed first, so that a crash leaves no half of one under its name.
        var doomed = DurableFile.TemporaryPath(directory);
        Directory.Move(PathOf(number), doomed);
        disk.SyncDirectory(directory);
        Directory.Delete(doomed, recursive: true);
    }

    private static void Check(string path, OnlineCheckpointFile file)
    {
        if (!File.Exists(path))
        {
            throw new CorruptFileException(path, $"Expected the file '{path}' of a checkpoint of the online store, but it is missing.");
        }

        var length = new FileInfo(path).Length;
        if (length != file.Length)
        {
            throw new CorruptFileException(path, $"Expected '{path}' to have {file.Length} bytes, but it has {length}.", Math.Min(length, file.Length));
        }

        if (FileHash.Of(path) != file.XxHash128)
        {
            throw new CorruptFileException(path, $"Expected '{path}' to hold what the checkpoint wrote, but its hash is another one.");
        }
    }
}
