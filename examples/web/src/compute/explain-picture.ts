// Apart, so that the page fetches Grad-CAM when somebody asks where the network sees what it says.
export { drawHeat, explain } from '@zoo/classify';
