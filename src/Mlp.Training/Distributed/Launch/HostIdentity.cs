namespace Mlp.Training.Distributed.Launch;

/// <summary>What tells whether two processes can share memory by a file: one kernel, one view of files, processes and network, one user.</summary>
internal static class HostIdentity
{
    /// <summary>This process's.</summary>
    public static string Read() => string.Join('/', ReadText("/proc/sys/kernel/random/boot_id") ?? Environment.MachineName, Namespace("mnt"), Namespace("pid"), Namespace("net"), Environment.UserName);

    private static string? ReadText(string path)
    {
        try
        {
            return File.ReadAllText(path).Trim();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static string Namespace(string name)
    {
        try
        {
            return new FileInfo($"/proc/self/ns/{name}").LinkTarget ?? "";
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}
