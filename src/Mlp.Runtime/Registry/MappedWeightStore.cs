using Mlp.Runtime.Interop;
using Mlp.Runtime.Models;
using Mlp.Runtime.Onnx;
using Mlp.Runtime.Storage;

namespace Mlp.Runtime.Registry;

/// <summary>
/// The weights of one-file models once more, in a form that can be mapped into memory. What is here is compared with the published file byte for byte before each use and written
/// again where it differs, so that neither a crash nor a change can put wrong weights into service, and nothing need be flushed. Thread-safe, and safe for many processes.
/// </summary>
internal sealed class MappedWeightStore(RegistryPaths paths)
{

    /// <summary>Opens a model with its weights in a file.</summary>
    /// <param name="onnxPath">Path of the published ONNX file.</param>
    /// <param name="sha256">Its SHA-256.</param>
    /// <param name="what">What it is, for messages: "the ONNX file of model 'x' version 3".</param>
    /// <exception cref="CorruptFileException">The file is not what was published.</exception>
    /// <exception cref="IOException">The weights cannot be written: the disk is full, or the registry is read-only.</exception>
    public OnnxFiles Open(string onnxPath, string sha256, string what)
    {
        using var onnx = OpenOnnx(onnxPath, what);
        var found = ContentHash.Of(onnx.Span);
        if (found != sha256)
        {
            throw new CorruptFileException(
                onnxPath, FormattableString.Invariant($"Expected {what} with SHA-256 {sha256} at '{onnxPath}', but found {onnx.Length} bytes with SHA-256 {found}."));
        }

        var (model, weights) = OnnxWeightExtractor.Extract(onnx.Span, sha256);
        if (weights.Count == 0)
        {
            return new OnnxFiles(model, null, WeightStorage.Mapped, 0);
        }

        var path = Path.Combine(paths.MappedWeights, sha256);
        if (!IsSame(path, onnx.Span, weights))
        {
            Write(path, onnx.Span, weights);
        }

        return new OnnxFiles(model, paths.MappedWeights, WeightStorage.Mapped, weights.Sum(w => (long)w.Length));
    }

    private static MappedFile OpenOnnx(string path, string what)
    {
        try
        {
            return new MappedFile(path);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new CorruptFileException(path, $"Expected {what} at '{path}', but found no file.", innerException: e);
        }
    }

    private static bool IsSame(string path, ReadOnlySpan<byte> onnx, IReadOnlyList<OnnxWeightRange> weights)
    {
        try
        {
            using var file = new MappedFile(path);
            if (file.Length != weights[^1].Target + weights[^1].Length)
            {
                return false;
            }

            foreach (var range in weights)
            {
                if (!file.Span.Slice((int)range.Target, range.Length).SequenceEqual(onnx.Slice(range.Source, range.Length)))
                {
                    return false;
                }
            }

            return true;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return false;
        }
    }

    /// <summary>A session that maps the file that was there keeps it: the new one takes only its name.</summary>
    private void Write(string path, ReadOnlySpan<byte> onnx, IReadOnlyList<OnnxWeightRange> weights)
    {
        Directory.CreateDirectory(paths.MappedWeights);
        var temporary = DurableFile.TemporaryPath(paths.MappedWeights);
        try
        {
            using (var handle = File.OpenHandle(temporary, FileMode.CreateNew, FileAccess.Write, FileShare.Read | FileShare.Delete))
            {
                foreach (var range in weights)
                {
                    RandomAccess.Write(handle, onnx.Slice(range.Source, range.Length), range.Target);
                }
            }

            if (!OperatingSystem.IsWindows())
            {
                File.SetUnixFileMode(temporary, UnixFileMode.UserRead | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
            }

            File.Move(temporary, path, overwrite: true);
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }
    }
}
