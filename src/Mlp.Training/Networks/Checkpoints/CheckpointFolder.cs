using System.Globalization;
using Microsoft.Extensions.Logging;
using Mlp.Runtime;
using Mlp.Runtime.Storage;

namespace Mlp.Training.Networks.Checkpoints;

/// <summary>
/// The checkpoints of one training: <c>step-000000001234.mlpnet</c> each, written so that a reader sees a whole file or none, the newest and the best kept. While it is open nobody else
/// opens it: <c>checkpoints.lock</c> is locked. Not thread-safe.
/// </summary>
internal sealed class CheckpointFolder : IDisposable
{
    /// <summary>The file that says, by its lock, that somebody trains here. It stays, because a lock on a file that is removed and made again is none.</summary>
    public const string LockName = "checkpoints.lock";

    private const string Extension = ".mlpnet";
    private const string Prefix = "step-";

    private readonly IDiskSync _disk;
    private readonly CheckpointOptions _options;
    private readonly bool _isGreaterBetter;
    private readonly string _directory;
    private readonly FileStream _lock;
    private readonly List<(long Step, double? Metric)> _kept = [];

    /// <summary>Opens or makes the folder.</summary>
    /// <param name="disk">Where durability comes from.</param>
    /// <param name="options">Options with a directory.</param>
    /// <param name="isGreaterBetter">Whether a metric is better the greater it is.</param>
    /// <exception cref="CheckpointRefusedException">The folder cannot be made, or another training has it open.</exception>
    public CheckpointFolder(IDiskSync disk, CheckpointOptions options, bool isGreaterBetter)
    {
        (_disk, _options, _isGreaterBetter, _directory) = (disk, options, isGreaterBetter, Path.GetFullPath(options.Directory!));
        try
        {
            DurableFile.CreateDirectories(disk, _directory);
            _lock = ExclusiveFile.Open(Path.Combine(_directory, LockName));
        }
        catch (IOException e) when (ExclusiveFile.IsHeldElsewhere(e))
        {
            throw new CheckpointRefusedException($"Expected a folder for the checkpoints of one training at '{_directory}', but another training writes there now: choose another folder.", _directory, e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CheckpointRefusedException($"Expected a folder for checkpoints at '{_directory}', but it cannot be made: {e.Message}", _directory, e);
        }

        foreach (var leftover in Directory.EnumerateFiles(_directory, DurableFile.TemporaryPrefix + Prefix + "*" + Extension))
        {
            File.Delete(leftover);
        }
    }

    /// <summary>The newest whole checkpoint, from a file or a folder.</summary>
    /// <param name="path">A checkpoint, or a folder of them.</param>
    /// <param name="logger">Told of damaged ones that were passed over.</param>
    /// <returns>The checkpoint and its path; null for a folder without one.</returns>
    /// <exception cref="CheckpointRefusedException">There is nothing at the path, or all checkpoints are damaged.</exception>
    /// <exception cref="CorruptFileException">The file that was named is damaged.</exception>
    public static (NetworkCheckpoint Checkpoint, string Path)? Find(string path, ILogger logger)
    {
        if (File.Exists(path))
        {
            return (Read(path), path);
        }

        if (!Directory.Exists(path))
        {
            throw new CheckpointRefusedException($"Expected a checkpoint or a folder of them at '{path}', but there is nothing.", path);
        }

        CorruptFileException? damage = null;
        foreach (var step in Steps(path).OrderDescending())
        {
            try
            {
                return (Read(PathOf(path, step)), PathOf(path, step));
            }
            catch (CorruptFileException e)
            {
                logger.LogWarning("Passed over a damaged checkpoint: {Damage}", e.Message);
                damage = e;
            }
        }

        return damage is null ? null : throw new CheckpointRefusedException($"Expected a whole checkpoint in '{path}', but all are damaged. {damage.Message}", path, damage);
    }

    /// <summary>Takes over what is in the folder, of which all must be of the training that writes there from now on. A damaged checkpoint is nobody's and stays.</summary>
    /// <param name="identity">What the training is.</param>
    /// <param name="isNew">Whether it begins anew.</param>
    /// <exception cref="CheckpointRefusedException">A checkpoint is of another training, or there is one and the training is new.</exception>
    public void TakeOver(CheckpointIdentity identity, bool isNew)
    {
        foreach (var step in Steps(_directory).Order())
        {
            if (isNew)
            {
                throw new CheckpointRefusedException(
                    $"Expected no checkpoints of another training in '{_directory}', but found that of step {step}: go on from it (ResumeFrom), or choose another folder.", _directory);
            }

            NetworkCheckpoint found;
            try
            {
                found = Read(PathOf(_directory, step), withTensors: false);
            }
            catch (CorruptFileException)
            {
                continue;
            }

            if (identity.DifferenceFrom(found.Identity) is { } difference)
            {
                throw new CheckpointRefusedException(
                    $"Expected no checkpoints of another training in '{_directory}', but found that of step {step}, and {difference}: choose another folder.", _directory);
            }

            _kept.Add((step, found.Metric));
        }
    }

    /// <summary>Writes a checkpoint, then deletes those that are kept no longer.</summary>
    /// <exception cref="CheckpointRefusedException">The disk is full or failed; those before are whole.</exception>
    public void Save(NetworkCheckpoint checkpoint)
    {
        var step = checkpoint.Position.Step;
        try
        {
            Write(PathOf(_directory, step), checkpoint);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            var last = _kept.Count == 0 ? "There is none before it." : string.Create(CultureInfo.InvariantCulture, $"That of step {_kept.Max(k => k.Step)} is whole; training can go on from it.");
            throw new CheckpointRefusedException(
                string.Create(CultureInfo.InvariantCulture, $"Expected to write the checkpoint of step {step} into '{_directory}', but the disk refused: {e.Message} {last}"), _directory, e);
        }

        _kept.RemoveAll(k => k.Step == step);
        _kept.Add((step, checkpoint.Metric));
        DeleteSurplus();
    }

    /// <summary>Lets others in.</summary>
    public void Dispose() => _lock.Dispose();

    private void Write(string path, NetworkCheckpoint checkpoint)
    {
        var temporary = Path.Combine(_directory, DurableFile.TemporaryPrefix + Path.GetFileName(path));
        try
        {
            using (var file = new FileStream(temporary, FileMode.Create, FileAccess.Write, FileShare.Read | FileShare.Delete))
            {
                CheckpointFile.Write(file, checkpoint);
            }

            DurableFile.ReplaceBy(_disk, temporary, path);
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }
    }

    private void DeleteSurplus()
    {
        var newest = _kept.OrderByDescending(k => k.Step).Take(_options.KeepLast);
        var best = _kept.Where(k => k.Metric is { } metric && !double.IsNaN(metric))
            .OrderBy(k => _isGreaterBetter ? -k.Metric : k.Metric).ThenBy(k => k.Step).Take(_options.KeepBest);
        var staying = newest.Concat(best).ToHashSet();
        foreach (var surplus in _kept.Where(k => !staying.Contains(k)).ToList())
        {
            File.Delete(PathOf(_directory, surplus.Step));
            _kept.Remove(surplus);
        }
    }

    private static NetworkCheckpoint Read(string path, bool withTensors = true)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, bufferSize: 0);
        return CheckpointFile.Read(file, path, withTensors);
    }

    private static string PathOf(string directory, long step) => Path.Combine(directory, string.Create(CultureInfo.InvariantCulture, $"{Prefix}{step:D12}{Extension}"));

    private static List<long> Steps(string directory)
    {
        var steps = new List<long>();
        foreach (var file in Directory.EnumerateFiles(directory, Prefix + "*" + Extension))
        {
            if (long.TryParse(Path.GetFileNameWithoutExtension(file.AsSpan())[Prefix.Length..], NumberStyles.None, CultureInfo.InvariantCulture, out var step))
            {
                steps.Add(step);
            }
        }

        return steps;
    }
}
