using System.Diagnostics;
using System.Globalization;

namespace Mlp.TestSupport;

/// <summary>A disk of few megabytes in memory, that can be filled to its last byte: what runs into its end gets the error that a full disk gives. Linux only, and for root.</summary>
public sealed class SmallDisk : IDisposable
{
    private const int MostMounts = 1_000;

    private readonly TempDirectory _directory = new();
    private readonly string _ballast;

    /// <summary>Mounts the disk.</summary>
    /// <param name="mebibytes">Its size.</param>
    public SmallDisk(int mebibytes)
    {
        Root = Directory.CreateDirectory(_directory.Combine("disk")).FullName;
        _ballast = Path.Combine(Root, "ballast");
        if (!TryRun("mount", "-t", "tmpfs", "-o", string.Create(CultureInfo.InvariantCulture, $"size={mebibytes}m"), "mlp-test", Root))
        {
            throw new InvalidOperationException($"No disk could be mounted at '{Root}'.");
        }
    }

    /// <summary>Whether this process may mount disks.</summary>
    public static bool IsPossible { get; } = OperatingSystem.IsLinux() && Try();

    /// <summary>Where it is mounted.</summary>
    public string Root { get; }

    /// <summary>Takes all the space that is left.</summary>
    public void Fill()
    {
        using var file = new FileStream(_ballast, FileMode.Append, FileAccess.Write, FileShare.None, bufferSize: 0);
        for (var length = 1 << 20; length >= 1; length >>= 1)
        {
            var bytes = new byte[length];
            try
            {
                while (true)
                {
                    file.Write(bytes);
                }
            }
            catch (IOException)
            {
                // So much does not fit any more.
            }
        }
    }

    /// <summary>Gives the space back.</summary>
    public void Free() => File.Delete(_ballast);

    /// <summary>Makes the disk one that cannot be written, or can be again. No file on it is open for writing.</summary>
    /// <param name="isReadOnly">Which of the two.</param>
    public void SetReadOnly(bool isReadOnly)
    {
        // A process that a test beside this one starts holds, until its program begins, whatever was open when it was forked.
        for (var i = 0; !TryRun("mount", "-o", isReadOnly ? "remount,ro" : "remount,rw", Root); i++)
        {
            if (i == MostMounts)
            {
                throw new InvalidOperationException($"The disk at '{Root}' could not be mounted anew.");
            }

            Thread.Sleep(10);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        TryRun("umount", "--lazy", Root);
        _directory.Dispose();
    }

    private static bool Try()
    {
        try
        {
            using var disk = new SmallDisk(1);
            return true;
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }

    private static bool TryRun(string program, params string[] arguments)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
            process.StandardError.ReadToEnd();
            process.WaitForExit();
            return process.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }
}
