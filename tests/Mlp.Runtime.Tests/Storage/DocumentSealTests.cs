using System.Text;
using Mlp.Runtime.Storage;

namespace Mlp.Runtime.Tests.Storage;

public sealed class DocumentSealTests
{
    private const string Document = "{\n  \"format\": \"x\",\n  \"names\": [ \"a\", \"b\" ]\n}";

    [Fact]
    public void Open_SealedDocument_GivesWhatWasSealed()
    {
        var json = DocumentSeal.Add(Encoding.UTF8.GetBytes(Document));

        Assert.EndsWith("\"\n}", Encoding.UTF8.GetString(json), StringComparison.Ordinal);
        Assert.Equal(Document, Encoding.UTF8.GetString(DocumentSeal.Open(json, "x.json")));
        Assert.Equal(json, DocumentSeal.Add(DocumentSeal.Open(json, "x.json")));
    }

    [Fact]
    public void Open_AnyBitOfTheContentRotten_IsRefused()
    {
        var json = DocumentSeal.Add(Encoding.UTF8.GetBytes(Document));
        for (var i = 0; i < Document.Length - 2; i++)
        {
            for (var bit = 0; bit < 8; bit++)
            {
                var damaged = (byte[])json.Clone();
                damaged[i] ^= (byte)(1 << bit);

                Assert.Throws<CorruptFileException>(() => DocumentSeal.Open(damaged, "x.json").Length);
            }
        }
    }

    [Fact]
    public void Open_DocumentWithoutAChecksum_IsTakenAsItIs()
        => Assert.Equal(Document, Encoding.UTF8.GetString(DocumentSeal.Open(Encoding.UTF8.GetBytes(Document), "x.json")));
}
