using System.Globalization;
using System.Text.Json;
using Mlp.Runtime;
using Mlp.Runtime.Storage;

namespace Mlp.Monitoring.Alerts;

/// <summary>The state file: replaced as a whole, so that a reader sees the state before or after, and sealed by a checksum.</summary>
/// <param name="directory">Its folder, which need not exist.</param>
/// <param name="disk">Where durability comes from.</param>
internal sealed class AlertStateFile(string directory, IDiskSync disk)
{
    private bool _hasDirectory;

    /// <summary>Path of the file.</summary>
    public string Path { get; } = System.IO.Path.Combine(directory, "state.json");

    /// <summary>Reads the state.</summary>
    /// <returns>The state, or null where there is no file.</returns>
    /// <exception cref="CorruptFileException">The file is damaged.</exception>
    /// <exception cref="UnsupportedFormatVersionException">A newer version of the platform wrote it.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public AlertStateDocument? Read()
    {
        byte[] json;
        try
        {
            RemoveLeftovers();
            json = File.ReadAllBytes(Path);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }

        return VersionedJson.Read(json, Path, AlertStateDocument.FormatName, AlertStateDocument.CurrentFormatVersion, AlertJsonContext.Default.AlertStateDocument);
    }

    /// <summary>Writes the state; it is on the device when this returns.</summary>
    /// <exception cref="IOException">The disk refused; the old state is still there.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder may not be written.</exception>
    public void Write(AlertStateDocument state)
    {
        var json = DocumentSeal.Add(JsonSerializer.SerializeToUtf8Bytes(state, AlertJsonContext.Default.AlertStateDocument));
        if (!_hasDirectory)
        {
            DurableFile.CreateDirectories(disk, directory);
            _hasDirectory = true;
        }

        DurableFile.Replace(disk, Path, json);
    }

    /// <summary>Moves a file that cannot be read out of the way, so that nothing of it is lost.</summary>
    /// <param name="now">The time, for its name.</param>
    /// <returns>Where it lies now.</returns>
    public string SetAside(DateTimeOffset now)
    {
        var aside = System.IO.Path.Combine(directory, string.Create(CultureInfo.InvariantCulture, $"state-{now.UtcTicks / TimeSpan.TicksPerMicrosecond}.unreadable"));
        File.Move(Path, aside, overwrite: true);
        return aside;
    }

    /// <summary>What a crash has left half written.</summary>
    private void RemoveLeftovers()
    {
        foreach (var leftover in Directory.EnumerateFiles(directory, DurableFile.TemporaryPrefix + "*"))
        {
            File.Delete(leftover);
        }
    }
}
