/* Unpacks Allure's data and program, which stand above as base64 of gzip, and starts it. */
(async () => {
  const unpacked = async (id) => {
    const packed = Uint8Array.from(atob(document.getElementById(id).textContent), (c) => c.charCodeAt(0));
    const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
    return new Uint8Array(await new Response(stream).arrayBuffer());
  };
  const base64 = (bytes) => {
    let text = "";
    for (let at = 0; at < bytes.length; at += 32768) {
      text += String.fromCharCode(...bytes.subarray(at, at + 32768));
    }
    return btoa(text);
  };
  if (!window.DecompressionStream) {
    document.getElementById("app").textContent =
      "This browser is too old to show the scenarios. The decision is complete without them.";
    return;
  }
  const [data, program] = await Promise.all([unpacked("packed-data"), unpacked("packed-program")]);
  const end = data.indexOf(10);
  let at = end + 1;
  for (const [name, length] of JSON.parse(new TextDecoder().decode(data.subarray(0, end)))) {
    window.allureReportData[name] = base64(data.subarray(at, at + length));
    at += length;
  }
  window.allureReportDataReady = true;
  const script = document.createElement("script");
  script.src = URL.createObjectURL(new Blob([program], { type: "text/javascript" }));
  document.body.append(script);
})();
