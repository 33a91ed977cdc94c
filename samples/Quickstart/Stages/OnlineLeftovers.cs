namespace Quickstart.Stages;

/// <summary>
/// The replay goes back in time, and what the online store knew at the end of an earlier replay lies in the future of this one. So it starts empty and is materialized anew
/// from the offline store, which keeps everything.
/// </summary>
internal static class OnlineLeftovers
{
    public static void Remove(string dataDirectory)
    {
        var online = Path.Combine(dataDirectory, "features", "online");
        if (Directory.Exists(online))
        {
            Directory.Delete(online, recursive: true);
        }
    }
}
